#include "kernels/quantizer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

using namespace esact::kernels;

namespace {

/// Nearest of the levels by search, ties as asked for.
int nearest(const std::vector<int>& levels, int value, bool ties_up) {
  const int magnitude = std::abs(value);
  int best = levels.front();
  for (const int level : levels) {
    const int distance = std::abs(magnitude - level);
    const int best_distance = std::abs(magnitude - best);
    if (distance < best_distance || (ties_up && distance == best_distance)) best = level;
  }
  return value < 0 ? -best : best;
}

int oracle(Quantizer quantizer, int value) {
  static const std::vector<int> hlog = {0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128};
  static const std::vector<int> powers = {1, 2, 4, 8, 16, 32, 64, 128};
  if (value == 0 || quantizer == Quantizer::kExact) return value;
  if (quantizer == Quantizer::kHlog) return nearest(hlog, value, true);
  if (quantizer == Quantizer::kHlogTiesDown) return nearest(hlog, value, false);
  if (quantizer == Quantizer::kPowerOfTwo) return nearest(powers, value, true);
  int level = 128;
  while (level > std::abs(value)) level /= 2;
  return value < 0 ? -level : level;
}

const std::vector<Quantizer> kAll = {Quantizer::kHlog, Quantizer::kHlogTiesDown, Quantizer::kPowerOfTwo,
                                     Quantizer::kLeadingOne, Quantizer::kExact};

}  // namespace

TEST_CASE("every int8 value gets the level of the definition") {
  for (const Quantizer quantizer : kAll) {
    for (int value = -128; value <= 127; ++value) {
      INFO("quantizer " << static_cast<int>(quantizer) << " value " << value);
      const auto operand = static_cast<std::int8_t>(value);
      REQUIRE(level(quantizer, operand) == oracle(quantizer, value));
      REQUIRE(decode(quantizer, encode(quantizer, operand)) == oracle(quantizer, value));
    }
  }
}

TEST_CASE("codes have the documented bits") {
  struct Case {
    Quantizer quantizer;
    int value;
    int code;
  };
  const std::vector<Case> cases = {
      {Quantizer::kHlog, 0, 0x01},        {Quantizer::kHlog, 1, 0x00},         {Quantizer::kHlog, -1, 0x80},
      {Quantizer::kHlog, 3, 0x03},        {Quantizer::kHlog, 5, 0x05},         {Quantizer::kHlogTiesDown, 5, 0x04},
      {Quantizer::kHlog, 7, 0x06},        {Quantizer::kHlogTiesDown, 7, 0x05}, {Quantizer::kHlog, 127, 0x0e},
      {Quantizer::kHlog, -128, 0x8e},     {Quantizer::kHlog, 96, 0x0d},        {Quantizer::kPowerOfTwo, 96, 0x0e},
      {Quantizer::kPowerOfTwo, 0, 0x01},  {Quantizer::kPowerOfTwo, 3, 0x04},   {Quantizer::kLeadingOne, 127, 0x0c},
      {Quantizer::kLeadingOne, -5, 0x84}, {Quantizer::kExact, -5, 0xfb},       {Quantizer::kExact, -128, 0x80}};
  for (const Case& test : cases) {
    INFO("quantizer " << static_cast<int>(test.quantizer) << " value " << test.value);
    CHECK(encode(test.quantizer, static_cast<std::int8_t>(test.value)) == test.code);
  }
}

TEST_CASE("bulk conversions agree with single ones") {
  std::vector<std::int8_t> values;
  for (int value = -128; value <= 127; ++value) values.push_back(static_cast<std::int8_t>(value));
  for (const Quantizer quantizer : kAll) {
    std::vector<std::uint8_t> codes(values.size());
    std::vector<std::int16_t> decoded(values.size());
    std::vector<std::int16_t> levels(values.size());
    encode(quantizer, values.data(), values.size(), codes.data());
    decode(quantizer, codes.data(), codes.size(), decoded.data());
    level(quantizer, values.data(), values.size(), levels.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
      REQUIRE(codes[i] == encode(quantizer, values[i]));
      REQUIRE(decoded[i] == level(quantizer, values[i]));
      REQUIRE(levels[i] == level(quantizer, values[i]));
    }
  }
}

TEST_CASE("shifts and adds give the product of the levels for every pair of codes") {
  for (const Quantizer quantizer : kAll) {
    if (quantizer == Quantizer::kExact) continue;
    for (int a = -128; a <= 127; ++a) {
      for (int b = -128; b <= 127; ++b) {
        const std::uint8_t code_a = encode(quantizer, static_cast<std::int8_t>(a));
        const std::uint8_t code_b = encode(quantizer, static_cast<std::int8_t>(b));
        const std::int32_t expected = decode(quantizer, code_a) * decode(quantizer, code_b);
        if (shift_add_product(code_a, code_b) != expected) {
          FAIL("quantizer " << static_cast<int>(quantizer) << ": " << a << " * " << b);
        }
      }
    }
  }
  SUCCEED();
}
