#include "platforms/common/workload.h"

#include <fmt/format.h>

#include <limits>

#include "platforms/common/error.h"
#include "platforms/common/yaml.h"

namespace esact::platform {
namespace {

constexpr const char* kFormat = "esact-workload-1";
constexpr IntegerRange kLayers{1, 1024};
constexpr IntegerRange kTokens{1, 1024};
constexpr IntegerRange kWidth{1, 1024};
constexpr IntegerRange kHeads{1, 64};
constexpr IntegerRange kFfn{1, 4096};
constexpr std::uint32_t kWidestHead = 128;

std::uint32_t read_integer(const YamlMap& map, const std::string& key, const IntegerRange& range) {
  return static_cast<std::uint32_t>(parse_integer(map.source(), map.dotted(key), map.text(key), range));
}

bool read_boolean(const YamlMap& map, const std::string& key, const std::string& fallback) {
  return parse_boolean(map.source(), map.dotted(key), map.text(key, fallback));
}

ModelShape read_model(const YamlMap& map) {
  map.check_keys({"name", "layers", "width", "heads", "ffn", "norm", "causal", "final_norm"});
  ModelShape model;
  model.name = map.text("name", "unnamed");
  model.layers = read_integer(map, "layers", kLayers);
  model.width = read_integer(map, "width", kWidth);
  model.heads = read_integer(map, "heads", kHeads);
  model.ffn = read_integer(map, "ffn", kFfn);
  model.pre_ln = parse_name(map.source(), map.dotted("norm"), map.text("norm"), {"post", "pre"}) == 1;
  model.causal = read_boolean(map, "causal", "false");
  model.final_norm = read_boolean(map, "final_norm", "false");
  if (model.width % model.heads != 0) {
    throw UserError(map.source(), map.dotted("heads"),
                    fmt::format("{} does not divide model.width {}", model.heads, model.width));
  }
  if (model.head_width() > kWidestHead) {
    throw bad_value(map.source(), map.dotted("heads"), fmt::format("{}", model.heads),
                    fmt::format("heads of at most {} columns, these have {}", kWidestHead, model.head_width()));
  }
  return model;
}

/// Sets a key of every layer from one value or from a list with one value a layer.
void read_knob(const Parameter<SplsSettings>& parameter, const YAML::Node& node, const std::string& source,
               std::vector<SplsSettings>& layers) {
  if (!node.IsSequence()) {
    const std::string text = scalar_text(node, source, parameter.key);
    for (SplsSettings& layer : layers) parameter.set(layer, source, text);
    return;
  }
  if (node.size() != layers.size()) {
    throw bad_value(source, parameter.key, fmt::format("a list of {}", node.size()),
                    fmt::format("one value, or one for each of the {} layers", layers.size()));
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    parameter.set(layers[i], source, scalar_text(node[i], source, fmt::format("{}[{}]", parameter.key, i)));
  }
}

std::vector<SplsSettings> read_spls(const YamlMap& document, std::uint32_t layer_count) {
  std::vector<SplsSettings> layers(layer_count);
  if (!document.contains("spls")) return layers;
  const YamlMap map = document.map("spls");
  for (const auto& [key, node] : map.entries()) {
    const Parameter<SplsSettings>& parameter = find_parameter(spls_parameters(), map.source(), map.dotted(key));
    read_knob(parameter, node, map.source(), layers);
  }
  return layers;
}

std::vector<std::uint32_t> read_sequences(const YamlMap& document) {
  const YAML::Node& node = document.at("sequences");
  if (!node.IsSequence() || node.size() == 0) {
    throw UserError(document.source(), "sequences", "expected a list of at least one length");
  }
  std::vector<std::uint32_t> sequences;
  for (const YAML::Node& entry : node) {
    const std::string key = fmt::format("sequences[{}]", sequences.size());
    const std::string text = scalar_text(entry, document.source(), key);
    sequences.push_back(static_cast<std::uint32_t>(parse_integer(document.source(), key, text, kTokens)));
  }
  return sequences;
}

void check_inputs(const Workload& workload) {
  for (std::size_t i = 0; i < workload.sequences.size(); ++i) {
    workload.inputs.view<std::int32_t>(fmt::format("h.{}", i), {workload.sequences[i], workload.model.width});
  }
  parse_number(workload.inputs.source(), "__metadata__.h_scale", workload.h_scale, std::numeric_limits<double>::min(),
               std::numeric_limits<double>::max());
}

}  // namespace

Workload load_workload(const std::filesystem::path& folder, const std::vector<SplsOverride>& overrides) {
  if (!std::filesystem::is_directory(folder)) throw UserError(folder.string(), "no such workload folder");
  const std::filesystem::path path = folder / "workload.yaml";
  const YamlMap document(parse_yaml(read_text(path), path.string()), path.string());
  document.check_keys({"format", "model", "spls", "sequences", "weights", "inputs", "float_embeddings"});
  parse_name(document.source(), "format", document.text("format"), {kFormat});

  const ModelShape model = read_model(document.map("model"));
  std::vector<SplsSettings> spls = read_spls(document, model.layers);
  for (const SplsOverride& setting : overrides) {
    const Parameter<SplsSettings>& parameter = find_parameter(spls_parameters(), setting.source, setting.key);
    for (SplsSettings& layer : spls) parameter.set(layer, setting.source, setting.value);
  }
  std::vector<std::uint32_t> sequences = read_sequences(document);
  SafetensorsFile weights = SafetensorsFile::read(folder / document.text("weights"));
  check_layer_parameters(weights, model);
  SafetensorsFile inputs = SafetensorsFile::read(folder / document.text("inputs"));
  const std::string h_scale = inputs.metadata("h_scale");
  Workload workload{folder, model, std::move(spls), std::move(sequences), std::move(weights), std::move(inputs),
                    h_scale};
  check_inputs(workload);
  return workload;
}

}  // namespace esact::platform
