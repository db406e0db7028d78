#include "kernels/fixed_point.h"

#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include "kernels/activation.h"
#include "random_matrix.h"

using namespace esact::kernels;

namespace {

__extension__ using Wide = __int128;

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
const std::vector<std::int64_t> kEdges = {kMin, kMin + 1, -255, -128, -127, -2,       -1,  0,
                                          1,    2,        127,  128,  255,  kMax - 1, kMax};

Wide wide_round_shift(Wide value, unsigned shift) {
  return shift == 0 ? value : (value + (Wide{1} << (shift - 1))) >> shift;
}

std::int8_t wide_requantise(Wide value, std::int32_t multiplier, unsigned shift) {
  const Wide rounded = wide_round_shift(value * multiplier, shift);
  return static_cast<std::int8_t>(rounded < -128 ? Wide{-128} : rounded > 127 ? Wide{127} : rounded);
}

/// Accumulators, biases, multipliers and shifts for the bulk forms, extremes included.
struct Operands {
  static constexpr std::size_t kRows = 40;
  static constexpr std::size_t kColumns = 67;

  explicit Operands(std::uint64_t seed) : random(seed) {
    in.fill(random, kMin, kMax);
    residual.fill(random, kMin, kMax);
    for (std::size_t j = 0; j < kColumns; ++j) in(0, j) = j % 2 == 0 ? kMin : kMax;
    for (std::size_t j = 0; j < 6; ++j) multiplier[j] = j < 3 ? kMax : 0;
    for (std::size_t j = 0; j < 6; ++j) shift[j] = static_cast<std::uint8_t>(j % 3 == 0 ? 0 : j % 3 == 1 ? 62 : 31);
  }

  std::mt19937_64 random;
  Matrix<std::int32_t> in{kRows, kColumns, 0, 2};
  Matrix<std::int32_t> residual{kRows, kColumns, 0, 1};
  std::vector<std::int32_t> bias = random_vector<std::int32_t>(random, kColumns, -(1 << 30), 1 << 30);
  std::vector<std::int32_t> multiplier = random_vector<std::int32_t>(random, kColumns, 0, kMax);
  std::vector<std::uint8_t> shift = random_vector<std::uint8_t>(random, kColumns, 0, 62);
};

}  // namespace

TEST_CASE("round_shift rounds half up") {
  struct Case {
    std::int64_t value;
    unsigned shift;
    std::int64_t expected;
  };
  const std::vector<Case> cases = {{5, 0, 5},  {-5, 0, -5}, {5, 1, 3},   {-5, 1, -2}, {3, 2, 1},
                                   {-2, 2, 0}, {-3, 2, -1}, {-6, 2, -1}, {6, 2, 2},   {std::int64_t{1} << 61, 62, 1}};
  for (const Case& test : cases) {
    INFO(test.value << " >> " << test.shift);
    CHECK(round_shift(test.value, test.shift) == test.expected);
  }
}

TEST_CASE("round_divide rounds half up and floor_quotient agrees with it") {
  for (std::int64_t divisor = 1; divisor <= 40; ++divisor) {
    for (std::int64_t dividend = -200; dividend <= 200; ++dividend) {
      std::int64_t expected = -300;  // largest q with 2 * divisor * q <= 2 * dividend + divisor
      while (2 * divisor * (expected + 1) <= 2 * dividend + divisor) ++expected;
      REQUIRE(round_divide(dividend, divisor) == expected);
      REQUIRE(floor_quotient(static_cast<double>(2 * dividend + divisor), static_cast<double>(2 * divisor)) ==
              expected);
    }
  }
}

TEST_CASE("floor_quotient is exact next to whole quotients of large operands") {
  std::mt19937_64 random(3);
  std::uniform_int_distribution<std::int64_t> divisors(1, std::int64_t{1} << 33);
  std::uniform_int_distribution<std::int64_t> quotients(kMin, kMax);
  int tested = 0;
  for (int round = 0; round < 2000000; ++round) {
    const std::int64_t divisor = divisors(random) >> (round % 33);
    const std::int64_t quotient = quotients(random) >> (round % 31);
    if (divisor == 0) continue;
    for (const std::int64_t offset : {std::int64_t{0}, divisor - 1}) {
      const Wide numerator = Wide{divisor} * quotient + offset;
      if (numerator >= (Wide{1} << 53) || numerator <= -(Wide{1} << 53)) continue;
      ++tested;
      const std::int32_t result = floor_quotient(static_cast<double>(numerator), static_cast<double>(divisor));
      if (result != quotient) FAIL(divisor << " * " << quotient << " + " << offset);
    }
  }
  CHECK(tested > 1000000);
}

TEST_CASE("requantise over all edges and shifts") {
  for (const std::int64_t value : kEdges) {
    for (const std::int64_t multiplier : kEdges) {
      if (multiplier < 0) continue;
      for (unsigned shift = 0; shift <= 62; ++shift) {
        INFO(value << " * " << multiplier << " >> " << shift);
        const auto factor = static_cast<std::int32_t>(multiplier);
        REQUIRE(requantise(value, factor, shift) == wide_requantise(value, factor, shift));
      }
    }
  }
}

TEST_CASE("bit_length and isqrt") {
  CHECK(bit_length(0) == 0);
  for (unsigned bit = 0; bit < 64; ++bit) {
    CHECK(bit_length(std::uint64_t{1} << bit) == bit + 1);
    CHECK(bit_length((std::uint64_t{1} << bit) - 1) == bit);
  }
  std::mt19937_64 random(4);
  const auto check_root = [](std::uint64_t root) {
    const std::uint64_t square = root * root;
    REQUIRE(isqrt(square) == root);
    REQUIRE(isqrt(square + root) == root);
    REQUIRE(isqrt(square + 2 * root) == root);
    if (square > 0) REQUIRE(isqrt(square - 1) == root - 1);
  };
  for (std::uint64_t root = 0; root < 5000; ++root) check_root(root);
  for (int round = 0; round < 20000; ++round) check_root((random() >> 32) >> (round % 32));
  for (std::uint64_t root = 0xffffffff; root > 0xffffffff - 1000; --root) check_root(root);
  CHECK(isqrt(std::numeric_limits<std::uint64_t>::max()) == 0xffffffff);
}

TEST_CASE("requantise_rows agrees with 128-bit arithmetic") {
  Operands operands(11);
  for (const bool with_bias : {true, false}) {
    const std::int32_t* bias = with_bias ? operands.bias.data() : nullptr;
    Matrix<std::int8_t> out(Operands::kRows, Operands::kColumns, 0, 5);
    requantise_rows(std::as_const(operands.in).view(), bias, operands.multiplier.data(), operands.shift.data(),
                    out.view());
    for (std::size_t i = 0; i < Operands::kRows; ++i) {
      for (std::size_t j = 0; j < Operands::kColumns; ++j) {
        const Wide value = Wide{operands.in(i, j)} + (with_bias ? operands.bias[j] : 0);
        REQUIRE(out(i, j) == wide_requantise(value, operands.multiplier[j], operands.shift[j]));
      }
    }
  }
}

TEST_CASE("rescale_rows and rescale_add_rows find every overflow") {
  int overflows = 0;
  int fitting = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Operands operands(seed);
    for (std::size_t i = 0; i < Operands::kRows; ++i) {
      for (std::size_t j = 0; j < Operands::kColumns; ++j) {
        const auto in = std::as_const(operands.in).view().block(i, j, 1, 1);
        const auto residual = std::as_const(operands.residual).view().block(i, j, 1, 1);
        const std::int32_t* const multiplier = &operands.multiplier[j];
        const std::uint8_t* const shift = &operands.shift[j];
        const Wide value = Wide{in(0, 0)} + operands.bias[j];
        const Wide increment = wide_round_shift(value * *multiplier, *shift);
        const Wide sum = increment + residual(0, 0);
        const auto fits = [](Wide wide) { return wide >= kMin && wide <= kMax; };
        std::int32_t rescaled = 0;
        std::int32_t added = 0;
        const bool rescale_fits = rescale_rows(in, &operands.bias[j], multiplier, shift, {&rescaled, 1, 1});
        const bool add_fits = rescale_add_rows(in, &operands.bias[j], multiplier, shift, residual, {&added, 1, 1});
        REQUIRE(rescale_fits == fits(increment));
        REQUIRE(add_fits == (fits(increment) && fits(sum)));
        if (rescale_fits) REQUIRE(rescaled == increment);
        if (add_fits) REQUIRE(added == sum);
        ++(add_fits ? fitting : overflows);
      }
    }
  }
  CHECK(overflows > 1000);
  CHECK(fitting > 1000);
}

TEST_CASE("one overflow anywhere in a matrix is reported") {
  const std::vector<std::int32_t> multiplier(6, 1);
  const std::vector<std::uint8_t> shift(6, 0);
  for (std::size_t position = 0; position < 24; ++position) {
    Matrix<std::int32_t> in(4, 6, 10);
    Matrix<std::int32_t> residual(4, 6, kMax - 10);
    Matrix<std::int32_t> out(4, 6);
    const auto operand = std::as_const(in).view();
    const auto old = std::as_const(residual).view();
    REQUIRE(rescale_add_rows(operand, nullptr, multiplier.data(), shift.data(), old, out.view()));
    REQUIRE(add_rows(operand, old, out.view()));
    CHECK(out(3, 5) == kMax);
    in(position / 6, position % 6) = 11;
    REQUIRE_FALSE(rescale_add_rows(operand, nullptr, multiplier.data(), shift.data(), old, out.view()));
    REQUIRE_FALSE(add_rows(operand, old, out.view()));
    in(position / 6, position % 6) = kMin;
    REQUIRE(rescale_rows(operand, nullptr, multiplier.data(), shift.data(), out.view()));
    const std::vector<std::int32_t> bias(6, -1);
    REQUIRE_FALSE(rescale_rows(operand, bias.data(), multiplier.data(), shift.data(), out.view()));
  }
}

TEST_CASE("activate_rows looks up every index") {
  std::mt19937_64 random(12);
  const auto table = random_vector<std::int16_t>(random, 256, -32768, 32767);
  const auto multiplier = random_vector<std::int32_t>(random, 256, 0, 1 << 20);
  const auto shift = random_vector<std::uint8_t>(random, 256, 0, 30);
  Matrix<std::int8_t> hidden(3, 256, 0, 4);
  Matrix<std::int8_t> y(3, 256, 0, 1);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 256; ++j) hidden(i, j) = static_cast<std::int8_t>(i * 85 + j);
  }
  activate_rows(std::as_const(hidden).view(), table.data(), multiplier.data(), shift.data(), y.view());
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 256; ++j) {
      const std::int16_t value = table[static_cast<std::size_t>(hidden(i, j) + 128)];
      REQUIRE(y(i, j) == wide_requantise(value, multiplier[j], shift[j]));
    }
  }
}
