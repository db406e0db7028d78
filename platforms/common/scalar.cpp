#include "platforms/common/scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "platforms/common/error.h"

namespace esact::platform {
namespace {

/// The number that `text` is from its first to its last character.
template <typename Number>
bool parse_whole(std::string_view text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  return failure == std::errc() && stop == end;
}

}  // namespace

bool IntegerRange::contains(std::uint64_t value) const {
  return value >= least && value <= most && value % multiple_of == 0 && (!power_of_two || (value & (value - 1)) == 0);
}

std::string IntegerRange::expected() const {
  if (power_of_two) return fmt::format("a power of two {}..{}", least, most);
  if (multiple_of > 1) return fmt::format("a multiple of {} in {}..{}", multiple_of, least, most);
  return fmt::format("a whole number {}..{}", least, most);
}

std::uint64_t parse_integer(std::string_view source, std::string_view key, std::string_view text,
                            const IntegerRange& range) {
  std::uint64_t value = 0;
  const bool octal = text.size() > 1 && text[0] == '0';  // to the YAML that Python reads
  if (octal || !parse_whole(text, value) || !range.contains(value)) {
    throw bad_value(source, key, quotation(text), range.expected());
  }
  return value;
}

double parse_number(std::string_view source, std::string_view key, std::string_view text, double least, double most) {
  double value = 0;
  if (!parse_whole(text, value) || !std::isfinite(value) || value < least || value > most) {
    throw bad_value(source, key, quotation(text), fmt::format("a number {}..{}", least, most));
  }
  return value;
}

bool parse_boolean(std::string_view source, std::string_view key, std::string_view text) {
  return parse_name(source, key, text, {"false", "true"}) == 1;
}

std::size_t parse_name(std::string_view source, std::string_view key, std::string_view text,
                       const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) throw bad_value(source, key, quotation(text), alternatives(names));
  return static_cast<std::size_t>(found - names.begin());
}

std::string alternatives(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "" : names.front();
  return fmt::format("{} or {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

}  // namespace esact::platform
