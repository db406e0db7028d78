#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace esact {

/// Value of a sum of names and whole numbers, such as "WL + BURST + 3". std::invalid_argument, naming the term, if a
/// name is not among `names` or the text is not such a sum.
std::int64_t evaluate_sum(std::string_view text, const std::map<std::string, std::int64_t>& names);

}  // namespace esact
