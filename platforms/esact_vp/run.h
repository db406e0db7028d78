#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace esact::platform {

/// Arguments of `esact-vp run`.
struct RunOptions {
  std::filesystem::path workload;
  std::optional<std::filesystem::path> config;
  std::vector<std::string> sets;  ///< key=value
  std::uint32_t batch = 1;
  std::filesystem::path out = "results";
  std::optional<std::filesystem::path> tensors;
  std::optional<std::string> record;  ///< sockets whose transactions are recorded, as for TransactionRecording
  bool record_data = false;
  std::optional<std::filesystem::path> record_file;  ///< transactions.bin in `out` if not given
  bool quiet = false;
};

/// Runs a workload on the virtual prototype and writes report.json, outputs.safetensors and, if asked for, the tensors
/// and the transactions; prints the table. Returns the exit code: 0, 1 after an error of the device, 130 after Ctrl-C,
/// with what has completed written in both cases. UserError on bad input, with nothing written.
int run(const RunOptions& options);

}  // namespace esact::platform
