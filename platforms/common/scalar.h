#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace esact::platform {

/// Whole numbers a parameter may have.
struct IntegerRange {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::uint64_t multiple_of = 1;
  bool power_of_two = false;

  bool contains(std::uint64_t value) const;

  /// "a whole number 1..64", with the multiple or power of two it must be.
  std::string expected() const;
};

/// Value of one setting as the user wrote it: `source` (a file or `--set`) and `key` stand in the UserError that each
/// of these throws unless `text` is entirely of the wanted form.
/// @{
std::uint64_t parse_integer(std::string_view source, std::string_view key, std::string_view text,
                            const IntegerRange& range);
double parse_number(std::string_view source, std::string_view key, std::string_view text, double least, double most);
bool parse_boolean(std::string_view source, std::string_view key, std::string_view text);
/// Index in `names` of the text.
std::size_t parse_name(std::string_view source, std::string_view key, std::string_view text,
                       const std::vector<std::string>& names);
/// @}

/// "a, b or c".
std::string alternatives(const std::vector<std::string>& names);

}  // namespace esact::platform
