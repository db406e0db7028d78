#pragma once

#include <cstdint>
#include <filesystem>

#include "platforms/esact_dram/settings.h"

namespace esact::platform {

struct CheckOptions {
  std::filesystem::path log;
  DramChoice dram;      ///< preset or table
  bool refresh = true;  ///< whether refreshes must come
};

/// Checks a command log and prints the first violations. How many there were; errors in the log are exceptions.
std::uint64_t check(const CheckOptions& options);

}  // namespace esact::platform
