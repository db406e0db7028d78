#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "esact_interface/config.h"
#include "platforms/common/parameter.h"
#include "platforms/common/spls_settings.h"

namespace esact::platform {

/// Kind of main memory (`dram.preset`).
enum class DramPreset : std::uint8_t { kSimple, kDdr4, kLpddr4, kHbm2 };

/// Main memory of the platform (`dram.*`).
struct DramConfig {
  DramPreset preset = DramPreset::kSimple;
  std::uint64_t bytes = std::uint64_t{1} << 30;
  double latency_ns = 50;        ///< simple: from request to first byte
  double bandwidth_gbps = 19.2;  ///< simple: 10^9 bytes per second
};

/// Everything the user may set apart from the workload.
struct PlatformConfig {
  EsactConfig esact;
  DramConfig dram;
  std::vector<SplsOverride> spls;  ///< in the order given; hold for all layers
};

/// The one table of parameters, without `spls.*`: docs, `params`, files, `--set` and the report all read it.
const std::vector<Parameter<PlatformConfig>>& platform_parameters();

/// Defaults, then the nested keys of `file`, then every "key=value" of `sets` in order. UserError naming the file or
/// `--set`, key, value and what is allowed, also where two parameters contradict each other.
PlatformConfig load_configuration(const std::optional<std::filesystem::path>& file,
                                  const std::vector<std::string>& sets);

/// Every parameter with its value, in the order of the table. `layers`: the workload's knobs after overrides; a knob
/// is one value where the layers agree, else a list with one per layer.
nlohmann::ordered_json effective(const PlatformConfig& config, const std::vector<SplsSettings>& layers);

/// The table as `params` prints it: key, default, unit, allowed values, description.
std::string parameters_as_text();

/// The table as docs/parameters.md holds it.
std::string parameters_as_markdown();

}  // namespace esact::platform
