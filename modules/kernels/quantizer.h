#pragma once

#include <cstddef>
#include <cstdint>

namespace esact::kernels {

/// How the predictor projects an int8 value on a coarser set of levels (docs/spls.md, "Quantizers").
enum class Quantizer : std::uint8_t { kHlog = 0, kHlogTiesDown = 1, kPowerOfTwo = 2, kLeadingOne = 3, kExact = 4 };

/// Code byte of an int8 value (-128 included): bit 7 sign, bits 4..1 exponent, bit 0 half; zero is exponent 0 with half
/// 1. `kExact` passes the byte.
std::uint8_t encode(Quantizer quantizer, std::int8_t value);

/// Codes of `count` values.
void encode(Quantizer quantizer, const std::int8_t* values, std::size_t count, std::uint8_t* codes);

/// Level of a code that `encode` made with the same quantizer, magnitude at most 128; other bytes give 0.
std::int16_t decode(Quantizer quantizer, std::uint8_t code);

/// Levels of `count` codes.
void decode(Quantizer quantizer, const std::uint8_t* codes, std::size_t count, std::int16_t* levels);

/// Level of an int8 value: decode(encode(value)).
std::int16_t level(Quantizer quantizer, std::int8_t value);

/// Levels of `count` values.
void level(Quantizer quantizer, const std::int8_t* values, std::size_t count, std::int16_t* levels);

/// Product of the levels of two codes by shifts and adds alone, as the bit-level prediction unit forms it; for the
/// codes of every quantizer but `kExact`. At most two shifted terms: 2^(e1+e2) times 1, 1 + 1/2 or 2 + 1/4.
std::int32_t shift_add_product(std::uint8_t code_a, std::uint8_t code_b);

}  // namespace esact::kernels
