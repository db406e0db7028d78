#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace esact::platform {

/// Arguments of `esact-vp image`.
struct ImageOptions {
  std::filesystem::path workload;
  std::optional<std::filesystem::path> config;
  std::vector<std::string> sets;  ///< key=value
  std::uint32_t batch = 1;
  std::filesystem::path out = "memory.bin";
};

/// Writes what has to lie in memory from kDramBase on for a workload to run, as one file without header: the ring with
/// all descriptors, of which the last asks for an interrupt, then parameters, sequence tables, inputs and the place of
/// the outputs. UserError on bad input, and where the ring does not hold all descriptors.
void write_memory_file(const ImageOptions& options);

}  // namespace esact::platform
