#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace esact::platform {

/// Whole content of a text file; UserError if it cannot be read.
std::string read_text(const std::filesystem::path& path);

/// The first document of `text`; UserError naming `source` and the line if it is not YAML.
YAML::Node parse_yaml(const std::string& text, std::string_view source);

/// A map of a YAML document, in which no key stands twice and each is plain text; keys are reported with `prefix`
/// before them. All errors are UserErrors.
class YamlMap {
 public:
  /// `node` must be a map; `where` is its own dotted key, empty for the document.
  YamlMap(const YAML::Node& node, std::string source, const std::string& where = "");

  /// Entries in the order of the file.
  const std::vector<std::pair<std::string, YAML::Node>>& entries() const { return entries_; }

  /// Throws with the nearest known key if there is any other than `known`.
  void check_keys(const std::vector<std::string>& known) const;

  bool contains(const std::string& key) const { return find(key) != nullptr; }

  /// Value of a key that must be there.
  const YAML::Node& at(const std::string& key) const;

  /// Plain text value of a key that must be there.
  std::string text(const std::string& key) const;

  /// Plain text value of a key, `fallback` where it is not given.
  std::string text(const std::string& key, const std::string& fallback) const;

  /// The map below a key that must be there.
  YamlMap map(const std::string& key) const { return YamlMap(at(key), source_, dotted(key)); }

  /// The key as messages give it.
  std::string dotted(const std::string& key) const { return prefix_ + key; }

  const std::string& source() const { return source_; }

 private:
  const YAML::Node* find(const std::string& key) const;

  std::string source_;
  std::string prefix_;
  std::vector<std::pair<std::string, YAML::Node>> entries_;
};

/// Text of a value that must be one plain value rather than a list, a map or nothing.
std::string scalar_text(const YAML::Node& node, std::string_view source, std::string_view key);

}  // namespace esact::platform
