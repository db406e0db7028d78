#include "kernels/quantizer.h"

#include <array>

namespace esact::kernels {

namespace {

constexpr unsigned kSign = 0x80;
constexpr unsigned kZeroCode = 1;  // exponent 0, half 1
constexpr std::size_t kQuantizers = 5;

constexpr unsigned exponent_of(unsigned code) {
  return code >> 1 & 0xf;
}
constexpr unsigned half_of(unsigned code) {
  return code & 1;
}

constexpr int magnitude_level(unsigned code) {
  if ((code & ~kSign) == kZeroCode) return 0;
  return (1 << exponent_of(code)) + (half_of(code) << exponent_of(code) >> 1);
}

constexpr unsigned leading_one(unsigned magnitude) {
  unsigned position = 0;
  while (magnitude >> (position + 1) != 0) ++position;
  return position;
}

constexpr unsigned bit(unsigned value, int position) {
  return position < 0 ? 0 : value >> position & 1;
}

/// HLog of a non-zero magnitude from its leading one and the two bits below it.
constexpr unsigned hlog_code(unsigned magnitude) {
  const unsigned top = leading_one(magnitude);
  const unsigned b1 = bit(magnitude, static_cast<int>(top) - 1);
  const unsigned b2 = bit(magnitude, static_cast<int>(top) - 2);
  return (top + (b1 & b2)) << 1 | (b1 ^ b2);
}

/// HLog of a non-zero magnitude by search: nearest level, the smaller at a tie. Codes ascend with their levels.
constexpr unsigned hlog_ties_down_code(unsigned magnitude) {
  unsigned best = 0;
  int best_distance = 1 << 16;
  for (unsigned code = 0; code <= 7 << 1; ++code) {
    if (code == kZeroCode) continue;
    const int difference = static_cast<int>(magnitude) - magnitude_level(code);
    const int distance = difference < 0 ? -difference : difference;
    if (distance < best_distance) {
      best = code;
      best_distance = distance;
    }
  }
  return best;
}

constexpr unsigned power_of_two_code(unsigned magnitude) {
  const unsigned top = leading_one(magnitude);
  return (top + bit(magnitude, static_cast<int>(top) - 1)) << 1;
}

constexpr unsigned magnitude_code(Quantizer quantizer, unsigned magnitude) {
  if (magnitude == 0) return kZeroCode;
  switch (quantizer) {
    case Quantizer::kHlog:
      return hlog_code(magnitude);
    case Quantizer::kHlogTiesDown:
      return hlog_ties_down_code(magnitude);
    case Quantizer::kPowerOfTwo:
      return power_of_two_code(magnitude);
    default:
      return leading_one(magnitude) << 1;
  }
}

/// All codes and levels of one quantizer.
struct Tables {
  std::array<std::uint8_t, 256> code{};    ///< by the value's byte
  std::array<std::int16_t, 256> level{};   ///< by the value's byte
  std::array<std::int16_t, 256> decode{};  ///< by code
};

constexpr Tables make_tables(Quantizer quantizer) {
  Tables tables;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const int value = byte < 128 ? static_cast<int>(byte) : static_cast<int>(byte) - 256;
    unsigned code = byte;
    int level = value;
    if (quantizer != Quantizer::kExact) {
      const unsigned magnitude = magnitude_code(quantizer, static_cast<unsigned>(value < 0 ? -value : value));
      code = magnitude | (value < 0 ? kSign : 0);
      level = value < 0 ? -magnitude_level(magnitude) : magnitude_level(magnitude);
    }
    tables.code[byte] = static_cast<std::uint8_t>(code);
    tables.level[byte] = static_cast<std::int16_t>(level);
    tables.decode[code] = static_cast<std::int16_t>(level);
  }
  return tables;
}

constexpr std::array<Tables, kQuantizers> kTables = {
    make_tables(Quantizer::kHlog), make_tables(Quantizer::kHlogTiesDown), make_tables(Quantizer::kPowerOfTwo),
    make_tables(Quantizer::kLeadingOne), make_tables(Quantizer::kExact)};

const Tables& tables_of(Quantizer quantizer) {
  return kTables[static_cast<std::size_t>(quantizer)];
}

}  // namespace

std::uint8_t encode(Quantizer quantizer, std::int8_t value) {
  return tables_of(quantizer).code[static_cast<std::uint8_t>(value)];
}

void encode(Quantizer quantizer, const std::int8_t* values, std::size_t count, std::uint8_t* codes) {
  const auto& table = tables_of(quantizer).code;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < count; ++i) codes[i] = table[static_cast<std::uint8_t>(values[i])];
}

std::int16_t decode(Quantizer quantizer, std::uint8_t code) {
  return tables_of(quantizer).decode[code];
}

void decode(Quantizer quantizer, const std::uint8_t* codes, std::size_t count, std::int16_t* levels) {
  const auto& table = tables_of(quantizer).decode;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < count; ++i) levels[i] = table[codes[i]];
}

std::int16_t level(Quantizer quantizer, std::int8_t value) {
  return tables_of(quantizer).level[static_cast<std::uint8_t>(value)];
}

void level(Quantizer quantizer, const std::int8_t* values, std::size_t count, std::int16_t* levels) {
  const auto& table = tables_of(quantizer).level;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < count; ++i) levels[i] = table[static_cast<std::uint8_t>(values[i])];
}

std::int32_t shift_add_product(std::uint8_t code_a, std::uint8_t code_b) {
  if ((code_a & ~kSign) == kZeroCode || (code_b & ~kSign) == kZeroCode) return 0;
  const unsigned exponent = exponent_of(code_a) + exponent_of(code_b);
  const unsigned halves = half_of(code_a) + half_of(code_b);
  const std::int32_t power = std::int32_t{1} << exponent;
  std::int32_t product = power;
  if (halves == 1) product = power + (power >> 1);
  if (halves == 2) product = (power << 1) + (power >> 2);
  return ((code_a ^ code_b) & kSign) != 0 ? -product : product;
}

}  // namespace esact::kernels
