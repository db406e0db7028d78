#pragma once

#include <cstdint>
#include <iostream>
#include <map>
#include <string>

namespace esact::fuzz {

/// How often each target's inputs came to each outcome.
class Tally {
 public:
  void add(const std::string& target, const std::string& outcome) { ++counts_[{target, outcome}]; }

  /// One line per target and outcome: target, outcome, number.
  void print(std::ostream& stream) const {
    for (const auto& [key, count] : counts_) stream << key.first << '\t' << key.second << '\t' << count << '\n';
  }

 private:
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
};

}  // namespace esact::fuzz
