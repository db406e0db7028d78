#include "kernels/pair_products.h"

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define ESACT_PAIR_PRODUCTS_AVX2
#include <immintrin.h>
#endif

namespace esact::kernels {

namespace {

#ifdef ESACT_PAIR_PRODUCTS_AVX2

/// The two elements of one row in every lane.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i broadcast_pair(const std::int16_t* pair) {
  std::int32_t both;
  std::memcpy(&both, pair, sizeof both);
  return _mm256_set1_epi32(both);
}

/// All sums stay in registers: 2 * rows accumulators.
template <std::size_t rows>
[[gnu::target("avx2")]] void pair_products_avx2(const std::int16_t* a, std::size_t a_stride, const std::int16_t* b,
                                                std::size_t pairs, std::int32_t* c, std::size_t c_stride) {
  __m256i left[rows];
  __m256i right[rows];
#pragma GCC unroll 6
  for (std::size_t i = 0; i < rows; ++i) {
    left[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(c + i * c_stride));
    right[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(c + i * c_stride + 8));
  }
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const __m256i b_left = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + pair * 2 * kPanelColumns));
    const __m256i b_right = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + pair * 2 * kPanelColumns + 16));
#pragma GCC unroll 6
    for (std::size_t i = 0; i < rows; ++i) {
      const __m256i factors = broadcast_pair(a + i * a_stride + 2 * pair);
      left[i] = _mm256_add_epi32(left[i], _mm256_madd_epi16(factors, b_left));
      right[i] = _mm256_add_epi32(right[i], _mm256_madd_epi16(factors, b_right));
    }
  }
#pragma GCC unroll 6
  for (std::size_t i = 0; i < rows; ++i) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + i * c_stride), left[i]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + i * c_stride + 8), right[i]);
  }
}

void pair_products_avx2(const std::int16_t* a, std::size_t a_stride, const std::int16_t* b, std::size_t pairs,
                        std::int32_t* c, std::size_t c_stride, std::size_t rows) {
  switch (rows) {
    case 1:
      return pair_products_avx2<1>(a, a_stride, b, pairs, c, c_stride);
    case 2:
      return pair_products_avx2<2>(a, a_stride, b, pairs, c, c_stride);
    case 3:
      return pair_products_avx2<3>(a, a_stride, b, pairs, c, c_stride);
    case 4:
      return pair_products_avx2<4>(a, a_stride, b, pairs, c, c_stride);
    case 5:
      return pair_products_avx2<5>(a, a_stride, b, pairs, c, c_stride);
    default:
      return pair_products_avx2<6>(a, a_stride, b, pairs, c, c_stride);
  }
}

#endif

}  // namespace

void pair_products_portable(const std::int16_t* a, std::size_t a_stride, const std::int16_t* b, std::size_t pairs,
                            std::int32_t* c, std::size_t c_stride, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    std::int32_t sums[kPanelColumns];
    std::memcpy(sums, c + i * c_stride, sizeof sums);
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      const std::int16_t* factors = a + i * a_stride + 2 * pair;
      const std::int16_t* values = b + pair * 2 * kPanelColumns;
      for (std::size_t j = 0; j < kPanelColumns; ++j) {
        sums[j] += factors[0] * values[2 * j] + factors[1] * values[2 * j + 1];
      }
    }
    std::memcpy(c + i * c_stride, sums, sizeof sums);
  }
}

PairProducts pair_products() {
#ifdef ESACT_PAIR_PRODUCTS_AVX2
  if (__builtin_cpu_supports("avx2")) return pair_products_avx2;
#endif
  return pair_products_portable;
}

}  // namespace esact::kernels
