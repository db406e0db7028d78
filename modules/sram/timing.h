#pragma once

#include <algorithm>
#include <cstdint>

namespace esact {

/// Words of `word_bytes` that the bytes address to address + bytes - 1 touch; bytes > 0.
inline std::uint64_t words_touched(std::uint64_t address, std::uint64_t bytes, std::uint32_t word_bytes) {
  return (address + bytes - 1) / word_bytes - address / word_bytes + 1;
}

/// The banks of an SRAM as one server of `banks` word accesses per cycle, its time counted in slots of 1/banks cycle:
///   start = max(banks * cycle of arrival, end of the last access), end = start + words,
///   done in cycle ceil(end / banks) + latency.
class BankSchedule {
 public:
  explicit BankSchedule(std::uint32_t banks) : banks_(banks) {}

  /// An access of `words` words that arrives at the edge of `cycle` (not before those reserved earlier): the cycle at
  /// whose edge it is done.
  std::uint64_t reserve(std::uint64_t cycle, std::uint64_t words, std::uint32_t latency_cycles) {
    const std::uint64_t arrival = cycle * banks_;
    if (arrival > free_) run_start_ = free_ = arrival;
    free_ += words;
    words_ += words;
    return (free_ + banks_ - 1) / banks_ + latency_cycles;
  }

  /// Slots that served a word before the edge of `cycle`, no earlier than the last reservation less one cycle: what is
  /// reserved for later is not counted yet.
  std::uint64_t served(std::uint64_t cycle) const {
    const std::uint64_t now = std::max(cycle * banks_, run_start_);
    return words_ - (free_ > now ? free_ - now : 0);
  }

 private:
  std::uint32_t banks_;
  std::uint64_t free_ = 0;       // end of the last access
  std::uint64_t run_start_ = 0;  // the slots from here to free_ are all reserved
  std::uint64_t words_ = 0;
};

}  // namespace esact
