#include "kernels/softmax.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/fixed_point.h"
#include "kernels/vector_clones.h"

namespace esact::kernels {

namespace {

constexpr std::size_t kOctaves = 9;  // weights below 2^-9 of the largest round to 0

/// Weight by exponent in 1/256 octaves; the last entry stands for all larger exponents.
using WeightTable = std::array<std::uint8_t, kOctaves * 256 + 1>;

WeightTable make_weight_table() {
  WeightTable table{};
  for (std::size_t exponent = 0; exponent < kOctaves * 256; ++exponent) {
    const std::size_t octave = exponent >> 8;
    const double fraction = static_cast<double>(exponent & 255) / 256;
    // No entry lies so near a tie that the precision of exp2 could decide it: a test measures the margin.
    const auto scaled = static_cast<std::uint64_t>(std::floor(255.0 * 32768.0 * std::exp2(-fraction) + 0.5));
    table[exponent] = static_cast<std::uint8_t>((scaled + (std::uint64_t{1} << (14 + octave))) >> (15 + octave));
  }
  return table;
}

ESACT_VECTOR_CLONES std::int32_t largest(const std::int32_t* values, std::size_t count) {
  std::int32_t result = values[0];
  for (std::size_t i = 1; i < count; ++i) result = std::max(result, values[i]);
  return result;
}

}  // namespace

void softmax_weights(const std::int32_t* scores, std::size_t count, std::int32_t multiplier, unsigned shift,
                     std::uint8_t* weights, std::int32_t* weight_sum) {
  static const WeightTable table = make_weight_table();
  const std::int64_t maximum = largest(scores, count);
  const auto factor = static_cast<std::uint64_t>(multiplier);
  const std::uint64_t half = (std::uint64_t{1} << shift) >> 1;
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // unsigned, so that no pair of int32 scores overflows
    const std::uint64_t exponent = (static_cast<std::uint64_t>(maximum - scores[i]) * factor + half) >> shift;
    weights[i] = table[std::min<std::uint64_t>(exponent, table.size() - 1)];
    sum += weights[i];
  }
  *weight_sum = sum;
}

ESACT_VECTOR_CLONES void divide_context(const std::int32_t* context, std::int32_t weight_sum, std::size_t columns,
                                        const std::int32_t* multiplier, const std::uint8_t* shift,
                                        std::int32_t* context_q8, std::int8_t* z) {
  const double divisor = 2.0 * weight_sum;
  for (std::size_t i = 0; i < columns; ++i) {
    context_q8[i] = floor_quotient(2.0 * 256.0 * context[i] + weight_sum, divisor);
  }
  for (std::size_t i = 0; i < columns; ++i) z[i] = requantise(context_q8[i], multiplier[i], shift[i]);
}

}  // namespace esact::kernels
