#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <string>
#include <vector>

namespace esact {

/// A map of a YAML document with the place where it stands, so that every error names file and key. All errors are
/// std::invalid_argument "source: key: problem".
class YamlSection {
 public:
  /// The document `text`, which must be a map.
  static YamlSection document(const std::string& text, const std::string& source);

  /// `node` at `where`, a dotted key, must be a map.
  YamlSection(const YAML::Node& node, std::string source, std::string where);

  /// Throws if there is a key other than these.
  void check_keys(const std::vector<std::string>& known) const;

  std::vector<std::string> keys() const;
  bool contains(const std::string& key) const { return node_[key].IsDefined(); }

  /// Value of a key that must be there.
  /// @{
  YAML::Node at(const std::string& key) const;
  YamlSection section(const std::string& key) const;
  std::vector<YamlSection> sections(const std::string& key) const;
  std::string text(const std::string& key) const;
  std::vector<std::string> texts(const std::string& key) const;
  std::uint32_t integer(const std::string& key) const;
  double number(const std::string& key) const;
  std::vector<std::uint32_t> integers(const std::string& key) const;
  /// @}

  /// An error at `key`.
  std::invalid_argument error(const std::string& key, const std::string& problem) const;

 private:
  template <typename Value>
  Value convert(const std::string& key, const YAML::Node& node, const char* expected) const;
  template <typename Value>
  std::vector<Value> list(const std::string& key, const char* expected) const;

  YAML::Node node_;
  std::string source_;
  std::string where_;
};

}  // namespace esact
