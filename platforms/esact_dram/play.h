#pragma once

#include <filesystem>
#include <optional>

#include "platforms/esact_dram/settings.h"

namespace esact::platform {

struct PlayOptions {
  std::filesystem::path trace;
  DramChoice dram;
  std::optional<std::filesystem::path> out;       ///< folder for statistics.json
  std::optional<std::filesystem::path> commands;  ///< file for every command
  bool quiet = false;
};

/// Plays a trace, shows the statistics on standard output and writes what `options` ask for. Errors are exceptions.
void play(const PlayOptions& options);

}  // namespace esact::platform
