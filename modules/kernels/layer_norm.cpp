#include "kernels/layer_norm.h"

#include <algorithm>

#include "kernels/fixed_point.h"

namespace esact::kernels {

namespace {

constexpr int kSignificantBits = 26;

/// Mean of a row and the scale that brings its centred values to 26 significant bits: c' = (c * up) >> down.
struct Centring {
  std::int64_t mean;
  std::int64_t up;
  int down;

  std::int32_t operator()(std::int32_t value) const { return static_cast<std::int32_t>(((value - mean) * up) >> down); }
};

/// `epsilon` in units of the squared scaled values; 2^62 where it is larger.
std::uint64_t scaled_epsilon(std::int32_t epsilon, int excess_bits) {
  const auto value = static_cast<std::uint64_t>(epsilon);
  if (excess_bits >= 0) return value >> (2 * excess_bits);
  const int shift = -2 * excess_bits;
  if (static_cast<int>(bit_length(value)) + shift > 62) return std::uint64_t{1} << 62;
  return value << shift;
}

}  // namespace

bool layer_norm(const std::int32_t* row, std::size_t width, const LayerNormParameters& parameters, std::int32_t* out) {
  std::int64_t sum = 0;
  std::int32_t smallest = row[0];
  std::int32_t largest = row[0];
  for (std::size_t i = 0; i < width; ++i) {
    sum += row[i];
    smallest = std::min(smallest, row[i]);
    largest = std::max(largest, row[i]);
  }
  const std::int64_t mean = round_divide(sum, static_cast<std::int64_t>(width));
  const auto magnitude = static_cast<std::uint64_t>(std::max(largest - mean, mean - smallest));
  if (magnitude == 0) {
    std::copy_n(parameters.beta, width, out);
    return true;
  }

  const int excess_bits = static_cast<int>(bit_length(magnitude)) - kSignificantBits;
  const Centring centred{mean, std::int64_t{1} << std::max(-excess_bits, 0), std::max(excess_bits, 0)};
  std::uint64_t squares = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const std::int64_t value = centred(row[i]);
    squares += static_cast<std::uint64_t>(value * value);
  }
  const std::uint32_t sigma = isqrt(squares / width + scaled_epsilon(parameters.epsilon, excess_bits));

  bool fits = true;
  const double half = sigma;
  const double divisor = 2.0 * sigma;
  for (std::size_t i = 0; i < width; ++i) {
    const std::int64_t normalised = floor_quotient(2.0 * 65536.0 * centred(row[i]) + half, divisor);
    const std::int64_t value = round_shift(normalised * parameters.gamma[i], parameters.shift) + parameters.beta[i];
    fits &= fits_int32(value);
    out[i] = static_cast<std::int32_t>(value);
  }
  return fits;
}

}  // namespace esact::kernels
