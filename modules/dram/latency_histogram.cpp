#include "dram/latency_histogram.h"

#include <algorithm>

namespace esact {
namespace {

constexpr std::uint64_t kSteps = 1024;  // of each doubling

}  // namespace

std::size_t LatencyHistogram::slot(std::uint64_t cycles) {
  std::size_t base = 0;
  while (cycles >= 2 * kSteps) {
    cycles /= 2;
    base += kSteps;
  }
  return base + cycles;
}

std::uint64_t LatencyHistogram::lowest(std::size_t slot) {
  if (slot < 2 * kSteps) return slot;
  const std::size_t doublings = slot / kSteps - 1;
  return (slot - doublings * kSteps) << doublings;
}

void LatencyHistogram::add(std::uint64_t cycles) {
  const std::size_t position = slot(cycles);
  if (position >= counts_.size()) counts_.resize(position + 1);
  ++counts_[position];
  ++count_;
  sum_ += cycles;
  least_ = std::min(least_, cycles);
  most_ = std::max(most_, cycles);
}

std::uint64_t LatencyHistogram::percentile(std::uint32_t permille) const {
  constexpr std::uint64_t kWhole = 1000;
  std::uint64_t below = 0;
  for (std::size_t position = 0; position < counts_.size(); ++position) {
    below += counts_[position];
    if (counts_[position] > 0 && below * kWhole >= count_ * permille) return std::max(lowest(position), least_);
  }
  return most_;
}

}  // namespace esact
