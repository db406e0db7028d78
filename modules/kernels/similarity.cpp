#include "kernels/similarity.h"

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/vector_clones.h"

namespace esact::kernels {

namespace {

constexpr std::size_t kMaxWindow = 64;
constexpr std::size_t kBlock = 256;  // columns between two looks at the distance so far

/// |a - b|: exact in 32 unsigned bits for any two int32. Without a branch, or else the sums are not vectorised.
[[gnu::always_inline]] inline std::uint32_t magnitude(std::int32_t a, std::int32_t b) {
  const std::uint32_t negative = a < b ? 0xffffffff : 0;
  return ((static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b)) ^ negative) - negative;
}

/// Sum of |a - b|.
ESACT_VECTOR_CLONES std::uint64_t difference(const std::int32_t* a, const std::int32_t* b, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += magnitude(a[j], b[j]);
  return sum;
}

/// Sum of |a|.
ESACT_VECTOR_CLONES std::uint64_t size(const std::int32_t* a, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += magnitude(a[j], 0);
  return sum;
}

/// Size of the symmetric difference of two sets given as masks.
ESACT_VECTOR_CLONES std::uint64_t difference(const std::uint8_t* a, const std::uint8_t* b, std::size_t count) {
  std::uint32_t sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += a[j] ^ b[j];
  return sum;
}

/// Size of a set given as a mask.
ESACT_VECTOR_CLONES std::uint64_t size(const std::uint8_t* a, std::size_t count) {
  std::uint32_t sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += a[j];
  return sum;
}

ESACT_VECTOR_CLONES void subtract_masked(const std::int32_t* pam, const std::uint8_t* mask, std::size_t count,
                                         std::int32_t subtracted, std::int32_t* spa) {
  for (std::size_t j = 0; j < count; ++j) {
    const std::int32_t kept = mask[j] != 0 ? pam[j] : subtracted;
    spa[j] = kept - subtracted;
  }
}

/// Distance of two rows with their own numbers of valid columns, or some value above `limit` if it exceeds that.
template <class T>
std::uint64_t distance(const T* a, std::size_t valid_a, const T* b, std::size_t valid_b, std::uint64_t limit) {
  const std::size_t shared = std::min(valid_a, valid_b);
  std::uint64_t sum = size(a + shared, valid_a - shared) + size(b + shared, valid_b - shared);
  for (std::size_t j = 0; j < shared && sum <= limit; j += kBlock) {
    sum += difference(a + j, b + j, std::min(kBlock, shared - j));
  }
  return sum;
}

template <class T>
WindowSelection select(MatrixView<const T> rows, const std::size_t* valid, unsigned s_q8) {
  WindowSelection selection;
  selection.representative.resize(rows.rows);
  std::array<std::size_t, kMaxWindow> critical;
  std::array<std::uint64_t, kMaxWindow> threshold;  // dist * 256 <= s_q8 * norm is dist <= floor(s_q8 * norm / 256)
  std::size_t critical_count = 0;

  for (std::size_t i = 0; i < rows.rows; ++i) {
    std::size_t representative = i;
    std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t c = 0; c < critical_count && best > 0; ++c) {
      const std::uint64_t limit = std::min(threshold[c], best - 1);
      const std::uint64_t dist = distance(rows.row(i), valid[i], rows.row(critical[c]), valid[critical[c]], limit);
      if (dist > limit) continue;
      best = dist;
      representative = critical[c];
    }
    selection.compared_columns += critical_count * valid[i];
    selection.representative[i] = static_cast<std::uint8_t>(representative);
    if (representative != i) continue;
    threshold[critical_count] = (s_q8 * size(rows.row(i), valid[i])) >> 8;
    critical[critical_count++] = i;
  }
  return selection;
}

}  // namespace

void apply_mask(const std::int32_t* pam, const std::uint8_t* mask, std::size_t valid, Offset offset,
                std::int32_t* spa) {
  std::int32_t subtracted = 0;
  if (offset == Offset::kKth) {
    std::int32_t smallest = std::numeric_limits<std::int32_t>::max();
    for (std::size_t j = 0; j < valid; ++j) smallest = mask[j] != 0 ? std::min(smallest, pam[j]) : smallest;
    subtracted = smallest - 1;
  }
  subtract_masked(pam, mask, valid, subtracted, spa);
}

WindowSelection select_critical_rows(MatrixView<const std::int32_t> spa, MatrixView<const std::uint8_t> mask,
                                     const std::size_t* valid, unsigned s_q8, Metric metric) {
  return metric == Metric::kL1 ? select(spa, valid, s_q8) : select(mask, valid, s_q8);
}

}  // namespace esact::kernels
