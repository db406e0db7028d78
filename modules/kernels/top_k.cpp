#include "kernels/top_k.h"

#include <algorithm>

#include "kernels/fixed_point.h"
#include "kernels/vector_clones.h"

namespace esact::kernels {

namespace {

/// Number of values above a threshold.
ESACT_VECTOR_CLONES std::size_t count_above(const std::int32_t* values, std::size_t count, std::int32_t threshold) {
  std::int32_t above = 0;
  for (std::size_t i = 0; i < count; ++i) above += values[i] > threshold ? 1 : 0;
  return static_cast<std::size_t>(above);
}

ESACT_VECTOR_CLONES std::int32_t smallest(const std::int32_t* values, std::size_t count) {
  std::int32_t result = values[0];
  for (std::size_t i = 1; i < count; ++i) result = std::min(result, values[i]);
  return result;
}

ESACT_VECTOR_CLONES std::int32_t largest(const std::int32_t* values, std::size_t count) {
  std::int32_t result = values[0];
  for (std::size_t i = 1; i < count; ++i) result = std::max(result, values[i]);
  return result;
}

ESACT_VECTOR_CLONES void mark_above(const std::int32_t* values, std::size_t count, std::int32_t threshold,
                                    std::uint8_t* mask) {
  for (std::size_t i = 0; i < count; ++i) mask[i] = values[i] > threshold ? 1 : 0;
}

}  // namespace

std::size_t kept_count(std::size_t valid, unsigned k_q8) {
  const std::size_t share = (k_q8 * valid + 255) >> 8;
  return std::max<std::size_t>(1, std::min(valid, share));
}

void top_k(const std::int32_t* row, std::size_t valid, std::size_t keep, std::uint8_t* mask) {
  if (keep == valid) {
    std::fill_n(mask, valid, std::uint8_t{1});
    return;
  }
  // Bisection for a threshold that `keep` values exceed, or, if ties leave none, for the keep-th largest value: a pass
  // over the row is a few vector operations, where partial sorting branches on every value.
  std::int64_t low = smallest(row, valid);
  std::int64_t high = largest(row, valid);
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const std::size_t above = count_above(row, valid, static_cast<std::int32_t>(middle));
    if (above == keep) return mark_above(row, valid, static_cast<std::int32_t>(middle), mask);
    (above > keep ? low : high) = above > keep ? middle + 1 : middle;
  }
  const auto threshold = static_cast<std::int32_t>(low);
  mark_above(row, valid, threshold, mask);
  std::size_t ties = keep - count_above(row, valid, threshold);  // entries equal to the threshold that are kept
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
