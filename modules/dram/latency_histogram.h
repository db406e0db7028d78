#pragma once

#include <cstdint>
#include <vector>

namespace esact {

/// Latencies in cycles: exact below 2048, in steps of at most 1/1024 above.
class LatencyHistogram {
 public:
  void add(std::uint64_t cycles);

  std::uint64_t count() const { return count_; }
  std::uint64_t least() const { return count_ == 0 ? 0 : least_; }
  std::uint64_t most() const { return most_; }
  double mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }

  /// Smallest latency that at least `permille` of 1000 latencies do not exceed; 0 if there are none.
  std::uint64_t percentile(std::uint32_t permille) const;

 private:
  static std::size_t slot(std::uint64_t cycles);
  static std::uint64_t lowest(std::size_t slot);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t least_ = ~std::uint64_t{0};
  std::uint64_t most_ = 0;
};

}  // namespace esact
