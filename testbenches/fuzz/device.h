#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "fuzz/tally.h"

namespace esact::fuzz {

struct DeviceOptions {
  std::uint64_t seed = 1, first = 0, count = 1000;
  std::vector<std::string> sets;  ///< parameters of the machine, key=value
  std::filesystem::path record;   ///< for what check_runs.py compares with NumPy; nothing is recorded if empty
};

/// Mutated descriptors and register accesses on one machine: each ends in a right error or in a completed layer, and
/// the next good run is right. `enter` is told each input's name. False, with the reason printed, if a promise was
/// broken.
bool run_device(const DeviceOptions& options, const std::function<void(const std::string&)>& enter, Tally& tally);

}  // namespace esact::fuzz
