#include "kernels/softmax.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/fixed_point.h"
#include "random_matrix.h"

using namespace esact::kernels;

namespace {

__extension__ using Wide = __int128;

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();

/// The weight as docs/numerics.md writes it, in long double and 128 bits.
int oracle(std::int64_t delta, std::int32_t multiplier, unsigned shift) {
  Wide exponent = Wide{delta} * multiplier;
  if (shift > 0) exponent = (exponent + (Wide{1} << (shift - 1))) >> shift;
  if ((exponent >> 8) > 8) return 0;
  const auto octave = static_cast<unsigned>(exponent >> 8);
  const auto fraction = static_cast<long double>(static_cast<unsigned>(exponent & 255)) / 256;
  const auto scaled = static_cast<std::uint64_t>(std::floor(255.0L * 32768.0L * std::exp2(-fraction) + 0.5L));
  return static_cast<int>((scaled + (std::uint64_t{1} << (14 + octave))) >> (15 + octave));
}

void check(const std::vector<std::int32_t>& scores, std::int32_t multiplier, unsigned shift) {
  std::vector<std::uint8_t> weights(scores.size());
  std::int32_t sum = 0;
  softmax_weights(scores.data(), scores.size(), multiplier, shift, weights.data(), &sum);
  std::int64_t maximum = kMin;
  for (const std::int32_t score : scores) maximum = std::max<std::int64_t>(maximum, score);
  std::int32_t expected_sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const int expected = oracle(maximum - scores[i], multiplier, shift);
    if (weights[i] != expected) FAIL("score " << scores[i] << ": " << int{weights[i]} << " != " << expected);
    expected_sum += expected;
  }
  REQUIRE(sum == expected_sum);
  REQUIRE(sum >= 255);
}

}  // namespace

TEST_CASE("no entry of the weight table is near a rounding tie") {
  for (int fraction = 0; fraction < 256; ++fraction) {
    const long double value = 255.0L * 32768.0L * std::exp2(-static_cast<long double>(fraction) / 256) + 0.5L;
    const long double above = value - std::floor(value);
    INFO("fraction " << fraction);
    CHECK(std::min(above, 1 - above) > 1e-4L);
  }
}

TEST_CASE("softmax weights over every exponent") {
  std::vector<std::int32_t> scores;
  for (std::int32_t exponent = 0; exponent < 2600; ++exponent) scores.push_back(-exponent);
  check(scores, 1, 0);
  std::vector<std::uint8_t> weights(scores.size());
  std::int32_t sum = 0;
  softmax_weights(scores.data(), scores.size(), 1, 0, weights.data(), &sum);
  CHECK(weights[0] == 255);
  CHECK(weights[256] == 128);  // 127.5 rounds half up
  CHECK(weights[2303] == 0);
  CHECK(weights[2047] == 1);
}

TEST_CASE("softmax weights of random and extreme rows") {
  std::mt19937_64 random(5);
  std::uniform_int_distribution<std::int32_t> multipliers(0, kMax);
  std::uniform_int_distribution<unsigned> shifts(0, 62);
  for (int round = 0; round < 3000; ++round) {
    const std::size_t count = 1 + random() % (round % 20 == 0 ? 1024 : 60);
    const std::int64_t bound = std::int64_t{1} << (1 + random() % 30);
    check(random_vector<std::int32_t>(random, count, -bound, bound), multipliers(random) >> (random() % 31),
          shifts(random));
  }
  for (unsigned shift = 0; shift <= 62; ++shift) {
    check({kMin, kMax, 0, -1}, kMax, shift);
    check({kMin, kMin}, kMax, shift);
    check({5}, kMax, shift);
    check({3, 2, 1, -100000}, 0, shift);
  }
}

TEST_CASE("divide_context agrees with round_divide for every reachable context") {
  std::mt19937_64 random(6);
  const std::size_t columns = 128;
  const auto multiplier = random_vector<std::int32_t>(random, columns, 0, kMax);
  const auto shift = random_vector<std::uint8_t>(random, columns, 0, 62);
  for (int round = 0; round < 4000; ++round) {
    const std::int32_t sum = round < 255 ? round + 1 : 1 + static_cast<std::int32_t>(random() % (255 * 1024));
    auto context = random_vector<std::int32_t>(random, columns, -128LL * sum, 128LL * sum);
    context[0] = 128 * sum;
    context[1] = -128 * sum;
    context[2] = sum / 2;
    context[3] = -(sum / 2);
    std::vector<std::int32_t> quotient(columns);
    std::vector<std::int8_t> z(columns);
    divide_context(context.data(), sum, columns, multiplier.data(), shift.data(), quotient.data(), z.data());
    for (std::size_t j = 0; j < columns; ++j) {
      const std::int64_t expected = round_divide(256LL * context[j], sum);
      if (quotient[j] != expected) FAIL(context[j] << " / " << sum);
      REQUIRE(z[j] == requantise(expected, multiplier[j], shift[j]));
    }
  }
}
