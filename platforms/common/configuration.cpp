#include "platforms/common/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "platforms/common/error.h"
#include "platforms/common/yaml.h"

namespace esact::platform {
namespace {

constexpr const char* kCommandLine = "--set";

bool starts_with(const std::string& text, const std::string& beginning) {
  return text.compare(0, beginning.size(), beginning) == 0;
}

/// Keys of platform and SPLS parameters.
std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  for (const auto& parameter : platform_parameters()) keys.push_back(parameter.key);
  for (const auto& parameter : spls_parameters()) keys.push_back(parameter.key);
  return keys;
}

/// Applies settings and remembers who gave each, for the checks that look at two keys.
class Loader {
 public:
  PlatformConfig config;

  void set(const std::string& key, const std::string& value, const std::string& source) {
    if (!is_key(key)) throw unknown_key(source, key, keys_);
    sources_[key] = source;
    if (starts_with(key, "spls.")) {
      SplsSettings checked;
      find_parameter(spls_parameters(), source, key).set(checked, source, value);
      config.spls.push_back({key, value, source});
      return;
    }
    find_parameter(platform_parameters(), source, key).set(config, source, value);
  }

  /// Sets all leaves below `node`, whose own dotted key is `where`.
  void set_all(const YAML::Node& node, const std::string& source, const std::string& where) {
    const YamlMap map(node, source, where);
    for (const auto& [name, value] : map.entries()) {
      const std::string key = map.dotted(name);
      if (is_group(key)) {
        set_all(value, source, key);
      } else if (is_key(key)) {
        set(key, scalar_text(value, source, key), source);
      } else {
        throw unknown_key(source, key, keys_);
      }
    }
  }

  /// What one parameter's range cannot say.
  void check_combinations() const {
    const MacArrayConfig& array = config.esact.mac_array;
    if (array.lines % array.groups != 0) {
      throw UserError(source_of({"mac_array.groups", "mac_array.lines"}), "mac_array.groups",
                      fmt::format("{} does not divide mac_array.lines {}", array.groups, array.lines));
    }
    const SramConfig& sram = config.esact.sram;
    if (sram.bytes % (std::uint64_t{sram.banks} * sram.bank_bytes) != 0) {
      throw UserError(source_of({"sram.bytes", "sram.banks", "sram.bank_bytes"}), "sram.bytes",
                      fmt::format("{} is no multiple of sram.banks {} * sram.bank_bytes {}", sram.bytes, sram.banks,
                                  sram.bank_bytes));
    }
  }

 private:
  /// Who set the first of `keys` that is not at its default.
  std::string source_of(const std::vector<std::string>& keys) const {
    const auto given = std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return sources_.count(key); });
    return given == keys.end() ? "defaults" : sources_.at(*given);
  }

  bool is_key(const std::string& key) const { return std::find(keys_.begin(), keys_.end(), key) != keys_.end(); }

  bool is_group(const std::string& key) const {
    return std::any_of(keys_.begin(), keys_.end(),
                       [&](const std::string& known) { return starts_with(known, key + "."); });
  }

  const std::vector<std::string> keys_ = all_keys();
  std::map<std::string, std::string> sources_;
};

}  // namespace

PlatformConfig load_configuration(const std::optional<std::filesystem::path>& file,
                                  const std::vector<std::string>& sets) {
  Loader loader;
  if (file) {
    const YAML::Node document = parse_yaml(read_text(*file), file->string());
    if (!document.IsNull()) loader.set_all(document, file->string(), "");
  }
  for (const std::string& setting : sets) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) throw bad_value(kCommandLine, "setting", quotation(setting), "key=value");
    loader.set(setting.substr(0, equals), setting.substr(equals + 1), kCommandLine);
  }
  loader.check_combinations();
  return loader.config;
}

nlohmann::ordered_json effective(const PlatformConfig& config, const std::vector<SplsSettings>& layers) {
  nlohmann::ordered_json values;
  for (const auto& parameter : spls_parameters()) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const SplsSettings& layer : layers) list.emplace_back(parameter.get(layer));
    const bool agree = std::all_of(list.begin(), list.end(), [&](const auto& value) { return value == list.front(); });
    values[parameter.key] = agree && !list.empty() ? list.front() : list;
  }
  for (const auto& parameter : platform_parameters()) values[parameter.key] = parameter.get(config);
  return values;
}

}  // namespace esact::platform
