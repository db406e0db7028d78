#include "platforms/common/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace esact::platform {
namespace {

constexpr std::size_t kLongestQuotation = 60;
constexpr std::size_t kLongestKey = 200;
constexpr std::size_t kLongestSource = 4096;  // as long as a path may be
constexpr std::size_t kLongestProblem = 2000;

/// Levenshtein distance: insertions, deletions and replacements.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

/// `text` with its control characters escaped, cut after `longest` bytes.
std::string printable(std::string_view text, std::size_t longest) {
  std::string result;
  for (const char character : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(character);
    result += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, character);
  }
  return text.size() > longest ? result + "..." : result;
}

}  // namespace

UserError::UserError(std::string_view source, std::string_view problem)
    : std::runtime_error(
          fmt::format("{}: {}", printable(source, kLongestSource), printable(problem, kLongestProblem))) {}

UserError::UserError(std::string_view source, std::string_view key, std::string_view problem)
    : std::runtime_error(fmt::format("{}: {}: {}", printable(source, kLongestSource), printable(key, kLongestKey),
                                     printable(problem, kLongestProblem))) {}

UserError bad_value(std::string_view source, std::string_view key, std::string_view value, std::string_view expected) {
  return UserError(source, key, fmt::format("{}, expected {}", value, expected));
}

UserError unknown_key(std::string_view source, std::string_view key, const std::vector<std::string>& known) {
  const std::string suggestion = nearest(key, known);
  const std::string question = suggestion.empty() ? "" : fmt::format(", did you mean {}?", suggestion);
  return UserError(source, key, "unknown key" + question);
}

std::string nearest(std::string_view text, const std::vector<std::string>& known) {
  const std::string_view beginning = text.substr(0, kLongestQuotation);
  const auto distance = [beginning](const std::string& entry) { return edit_distance(beginning, entry); };
  const auto closest = std::min_element(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
    return distance(a) < distance(b);
  });
  return closest == known.end() ? "" : *closest;
}

std::string quotation(std::string_view text) {
  return fmt::format("'{}'", printable(text, kLongestQuotation));
}

}  // namespace esact::platform
