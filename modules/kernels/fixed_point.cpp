#include "kernels/fixed_point.h"

#include <cmath>

namespace esact::kernels {

namespace {

std::int64_t biased(const std::int32_t* row, const std::int32_t* bias, std::size_t column) {
  return std::int64_t{row[column]} + (bias != nullptr ? bias[column] : 0);
}

}  // namespace

std::uint32_t isqrt(std::uint64_t value) {
  // The double square root is off by at most one after truncation; the square is compared without overflow.
  std::uint64_t root = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(value)));
  if (root > 0xffffffff) root = 0xffffffff;
  while (root * root > value) --root;
  while (root < 0xffffffff && (root + 1) * (root + 1) <= value) ++root;
  return static_cast<std::uint32_t>(root);
}

void requantise_rows(MatrixView<const std::int32_t> in, const std::int32_t* bias, const std::int32_t* multiplier,
                     const std::uint8_t* shift, MatrixView<std::int8_t> out) {
  for (std::size_t i = 0; i < in.rows; ++i) {
    const std::int32_t* const row = in.row(i);
    std::int8_t* const result = out.row(i);
    for (std::size_t j = 0; j < in.columns; ++j) result[j] = requantise(biased(row, bias, j), multiplier[j], shift[j]);
  }
}

bool rescale_rows(MatrixView<const std::int32_t> in, const std::int32_t* bias, const std::int32_t* multiplier,
                  const std::uint8_t* shift, MatrixView<std::int32_t> out) {
  bool fits = true;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const std::int32_t* const row = in.row(i);
    std::int32_t* const result = out.row(i);
    for (std::size_t j = 0; j < in.columns; ++j) {
      const std::int64_t value = round_shift(biased(row, bias, j) * multiplier[j], shift[j]);
      fits &= fits_int32(value);
      result[j] = static_cast<std::int32_t>(value);
    }
  }
  return fits;
}

bool rescale_add_rows(MatrixView<const std::int32_t> in, const std::int32_t* bias, const std::int32_t* multiplier,
                      const std::uint8_t* shift, MatrixView<const std::int32_t> residual,
                      MatrixView<std::int32_t> out) {
  bool fits = true;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const std::int32_t* const row = in.row(i);
    const std::int32_t* const old = residual.row(i);
    std::int32_t* const result = out.row(i);
    for (std::size_t j = 0; j < in.columns; ++j) {
      const std::int64_t increment = round_shift(biased(row, bias, j) * multiplier[j], shift[j]);
      // `increment` is below 2^63 - 2^31 in magnitude, so the sum cannot wrap
      const std::int64_t sum = old[j] + increment;
      fits &= fits_int32(increment);
      fits &= fits_int32(sum);
      result[j] = static_cast<std::int32_t>(sum);
    }
  }
  return fits;
}

bool add_rows(MatrixView<const std::int32_t> a, MatrixView<const std::int32_t> b, MatrixView<std::int32_t> out) {
  std::int32_t overflow = 0;  // the sign bit gathers the overflows: there both terms differ in sign from their sum
  for (std::size_t i = 0; i < out.rows; ++i) {
    const std::int32_t* const first = a.row(i);
    const std::int32_t* const second = b.row(i);
    std::int32_t* const result = out.row(i);
    for (std::size_t j = 0; j < out.columns; ++j) {
      const auto sum =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(first[j]) + static_cast<std::uint32_t>(second[j]));
      overflow |= (first[j] ^ sum) & (second[j] ^ sum);
      result[j] = sum;
    }
  }
  return overflow >= 0;
}

}  // namespace esact::kernels
