#include "dram/yaml_section.h"

#include <algorithm>
#include <stdexcept>

namespace esact {

YamlSection YamlSection::document(const std::string& text, const std::string& source) {
  try {
    return YamlSection(YAML::Load(text), source, "");
  } catch (const YAML::Exception& failure) {
    throw std::invalid_argument(source + ": line " + std::to_string(failure.mark.line + 1) + ": " + failure.msg);
  }
}

YamlSection::YamlSection(const YAML::Node& node, std::string source, std::string where)
    : node_(node), source_(std::move(source)), where_(std::move(where)) {
  if (!node_.IsMap())
    throw std::invalid_argument(source_ + ": " + (where_.empty() ? "document" : where_) + ": expected a map");
}

std::invalid_argument YamlSection::error(const std::string& key, const std::string& problem) const {
  return std::invalid_argument(source_ + ": " + (where_.empty() ? key : where_ + "." + key) + ": " + problem);
}

std::vector<std::string> YamlSection::keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : node_) keys.push_back(entry.first.as<std::string>());
  return keys;
}

void YamlSection::check_keys(const std::vector<std::string>& known) const {
  for (const std::string& key : keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) throw error(key, "unknown key");
  }
}

YAML::Node YamlSection::at(const std::string& key) const {
  YAML::Node node = node_[key];
  if (!node.IsDefined()) throw error(key, "missing");
  return node;
}

YamlSection YamlSection::section(const std::string& key) const {
  return YamlSection(at(key), source_, where_.empty() ? key : where_ + "." + key);
}

std::vector<YamlSection> YamlSection::sections(const std::string& key) const {
  const YAML::Node list = at(key);
  if (!list.IsSequence()) throw error(key, "expected a list");
  std::vector<YamlSection> sections;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string where = key + "[" + std::to_string(i) + "]";
    sections.emplace_back(list[i], source_, where_.empty() ? where : where_ + "." + where);
  }
  return sections;
}

template <typename Value>
Value YamlSection::convert(const std::string& key, const YAML::Node& node, const char* expected) const {
  try {
    return node.as<Value>();
  } catch (const YAML::Exception&) {
    throw error(key, std::string("expected ") + expected);
  }
}

template <typename Value>
std::vector<Value> YamlSection::list(const std::string& key, const char* expected) const {
  const YAML::Node node = at(key);
  if (!node.IsSequence()) throw error(key, "expected a list");
  std::vector<Value> values;
  for (const YAML::Node& entry : node) values.push_back(convert<Value>(key, entry, expected));
  return values;
}

std::string YamlSection::text(const std::string& key) const {
  return convert<std::string>(key, at(key), "text");
}

std::vector<std::string> YamlSection::texts(const std::string& key) const {
  return list<std::string>(key, "a list of names");
}

std::uint32_t YamlSection::integer(const std::string& key) const {
  return convert<std::uint32_t>(key, at(key), "a whole number");
}

double YamlSection::number(const std::string& key) const {
  return convert<double>(key, at(key), "a number");
}

std::vector<std::uint32_t> YamlSection::integers(const std::string& key) const {
  return list<std::uint32_t>(key, "a list of whole numbers");
}

}  // namespace esact
