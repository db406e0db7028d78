#include "platforms/common/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "platforms/common/error.h"

namespace esact::platform {
namespace {

const char* kind(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return "a plain value";
    default:
      return "nothing";
  }
}

}  // namespace

std::string read_text(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) throw UserError(path.string(), "no such file");
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw UserError(path.string(), "cannot be read");
  return text.str();
}

YAML::Node parse_yaml(const std::string& text, std::string_view source) {
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& failure) {
    throw UserError(source, fmt::format("line {}", failure.mark.line + 1), "not valid YAML: " + failure.msg);
  }
}

YamlMap::YamlMap(const YAML::Node& node, std::string source, const std::string& where)
    : source_(std::move(source)), prefix_(where.empty() ? "" : where + ".") {
  if (!node.IsMap()) throw bad_value(source_, where.empty() ? "document" : where, kind(node), "a map");
  for (const auto& entry : node) {
    const std::string key = scalar_text(entry.first, source_, prefix_ + "key");
    if (contains(key)) throw UserError(source_, dotted(key), "stands twice");
    entries_.emplace_back(key, entry.second);
  }
}

void YamlMap::check_keys(const std::vector<std::string>& known) const {
  for (const auto& [key, value] : entries_) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::vector<std::string> dotted_names;
    for (const std::string& name : known) dotted_names.push_back(dotted(name));
    throw unknown_key(source_, dotted(key), dotted_names);
  }
}

const YAML::Node& YamlMap::at(const std::string& key) const {
  const YAML::Node* node = find(key);
  if (node == nullptr) throw UserError(source_, dotted(key), "missing");
  return *node;
}

std::string YamlMap::text(const std::string& key) const {
  return scalar_text(at(key), source_, dotted(key));
}

std::string YamlMap::text(const std::string& key, const std::string& fallback) const {
  return contains(key) ? text(key) : fallback;
}

const YAML::Node* YamlMap::find(const std::string& key) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.first == key; });
  return found == entries_.end() ? nullptr : &found->second;
}

std::string scalar_text(const YAML::Node& node, std::string_view source, std::string_view key) {
  if (!node.IsScalar()) throw bad_value(source, key, kind(node), "a plain value");
  return node.Scalar();
}

}  // namespace esact::platform
