#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/matrix.h"

/// Fixed-point arithmetic of docs/numerics.md, "Notation". Multipliers are non-negative, shifts lie in 0..62.
namespace esact::kernels {

/// `value` / 2^`shift`, rounded half up. `value + 2^(shift-1)` must fit int64.
constexpr std::int64_t round_shift(std::int64_t value, unsigned shift) {
  return (value + ((std::int64_t{1} << shift) >> 1)) >> shift;
}

/// `dividend` / `divisor`, rounded half up; `divisor` > 0 and `2 * dividend + divisor` fits int64.
constexpr std::int64_t round_divide(std::int64_t dividend, std::int64_t divisor) {
  const std::int64_t numerator = 2 * dividend + divisor;
  const std::int64_t quotient = numerator / (2 * divisor);
  return quotient - (quotient * 2 * divisor > numerator ? 1 : 0);
}

/// Floor of `numerator` / `denominator`, both whole, `denominator` > 0, `|numerator|` < 2^53, the result within int32.
/// Exact: a quotient that is not whole lies at least 1 / denominator from every whole number, which is more than the
/// rounding error of the division, |numerator / denominator| * 2^-53. Unlike integer division it is vectorised.
inline std::int32_t floor_quotient(double numerator, double denominator) {
  const double quotient = numerator / denominator;
  const auto truncated = static_cast<std::int32_t>(quotient);
  return truncated - (quotient < truncated ? 1 : 0);
}

/// `value * multiplier / 2^shift`, rounded half up and saturated to int8; `|value|` at most 2^31 + 2^30, the
/// largest accumulator with its bias.
constexpr std::int8_t requantise(std::int64_t value, std::int32_t multiplier, unsigned shift) {
  const std::int64_t rounded = round_shift(value * multiplier, shift);
  return static_cast<std::int8_t>(rounded < -128 ? -128 : rounded > 127 ? 127 : rounded);
}

/// Whether `value` fits int32.
constexpr bool fits_int32(std::int64_t value) {
  return value == static_cast<std::int32_t>(value);
}

/// Number of bits of `value`; 0 for 0.
constexpr unsigned bit_length(std::uint64_t value) {
  unsigned bits = 0;
  for (; value != 0; value >>= 1) ++bits;
  return bits;
}

/// Largest integer whose square is at most `value`.
std::uint32_t isqrt(std::uint64_t value);

/// out = requantise(in + bias) with a multiplier and a shift per column. `bias` may be null; its magnitude is at most
/// 2^30. All views have the same shape.
void requantise_rows(MatrixView<const std::int32_t> in, const std::int32_t* bias, const std::int32_t* multiplier,
                     const std::uint8_t* shift, MatrixView<std::int8_t> out);

/// out = rescale(in + bias) with a multiplier and a shift per column; `bias` may be null. Returns false if any value
/// does not fit int32; `out` is then of no use. `out` may be `in`.
[[nodiscard]] bool rescale_rows(MatrixView<const std::int32_t> in, const std::int32_t* bias,
                                const std::int32_t* multiplier, const std::uint8_t* shift,
                                MatrixView<std::int32_t> out);

/// out = residual + rescale(in + bias): as `rescale_rows`; false if the rescaled value or the sum does not fit int32.
/// `out` may be `in` or `residual`.
[[nodiscard]] bool rescale_add_rows(MatrixView<const std::int32_t> in, const std::int32_t* bias,
                                    const std::int32_t* multiplier, const std::uint8_t* shift,
                                    MatrixView<const std::int32_t> residual, MatrixView<std::int32_t> out);

/// out = a + b; false if any sum does not fit int32. `out` may be `a` or `b`.
[[nodiscard]] bool add_rows(MatrixView<const std::int32_t> a, MatrixView<const std::int32_t> b,
                            MatrixView<std::int32_t> out);

}  // namespace esact::kernels
