#include "dram/sum_expression.h"

#include <charconv>
#include <stdexcept>

namespace esact {
namespace {

std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::int64_t evaluate_term(std::string_view term, const std::map<std::string, std::int64_t>& names) {
  if (const auto found = names.find(std::string(term)); found != names.end()) return found->second;
  std::int64_t value = 0;
  const char* end = term.data() + term.size();
  const auto [stop, failure] = std::from_chars(term.data(), end, value);
  if (failure != std::errc() || stop != end || value < 0) {
    throw std::invalid_argument("'" + std::string(term) + "' is neither a timing parameter nor a whole number");
  }
  return value;
}

}  // namespace

std::int64_t evaluate_sum(std::string_view text, const std::map<std::string, std::int64_t>& names) {
  std::int64_t sum = 0;
  std::int64_t sign = 1;
  while (true) {
    const std::size_t end = text.find_first_of("+-");
    sum += sign * evaluate_term(without_spaces(text.substr(0, end)), names);
    if (end == std::string_view::npos) return sum;
    sign = text[end] == '+' ? 1 : -1;
    text.remove_prefix(end + 1);
  }
}

}  // namespace esact
