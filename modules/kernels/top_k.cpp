#include "kernels/top_k.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "kernels/fixed_point.h"

namespace esact::kernels {

std::size_t kept_count(std::size_t valid, unsigned k_q8) {
  const std::size_t share = (k_q8 * valid + 255) >> 8;
  return std::max<std::size_t>(1, std::min(valid, share));
}

void top_k(const std::int32_t* row, std::size_t valid, std::size_t keep, std::uint8_t* mask) {
  if (keep == valid) {
    std::fill_n(mask, valid, std::uint8_t{1});
    return;
  }
  thread_local std::vector<std::int32_t> sorted;
  sorted.assign(row, row + valid);
  const auto last_kept = sorted.begin() + static_cast<std::ptrdiff_t>(keep - 1);
  std::nth_element(sorted.begin(), last_kept, sorted.end(), std::greater<>());
  const std::int32_t threshold = *last_kept;

  std::size_t ties = keep;  // entries equal to the threshold that are kept
  for (std::size_t j = 0; j < valid; ++j) {
    mask[j] = row[j] > threshold;
    ties -= mask[j];
  }
  for (std::size_t j = 0; ties > 0; ++j) {
    if (row[j] != threshold) continue;
    mask[j] = 1;
    --ties;
  }
}

std::uint64_t top_k_compares(std::size_t valid, std::size_t keep) {
  return std::uint64_t{valid} * bit_length(keep);  // bit_length(k) = ceil(log2(k + 1))
}

}  // namespace esact::kernels
