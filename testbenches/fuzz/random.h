#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace esact::fuzz {

/// splitmix64: the same numbers from the same seed on every machine, which <random>'s distributions do not promise.
class Random {
 public:
  /// Numbers of input `index` of a run with `seed`.
  Random(std::uint64_t seed, std::uint64_t index) : state_(seed * 0x9e3779b97f4a7c15 ^ (index + 1) << 20) { next(); }

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  /// 0..`limit` - 1; 0 where `limit` is 0.
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }

  /// True once in `times`.
  bool once_in(std::uint64_t times) { return below(times) == 0; }

  /// A number of at most `bits` bits, small ones as likely as large ones.
  std::uint64_t number(unsigned bits = 64) { return next() >> (63 - below(bits)); }

  template <typename Container>
  auto& pick(Container& choices) {
    return choices[below(choices.size())];
  }
  template <typename Value>
  Value pick(std::initializer_list<Value> choices) {
    return choices.begin()[below(choices.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace esact::fuzz
