#include "kernels/layer_norm.h"

#include <catch2/catch.hpp>
#include <limits>
#include <optional>
#include <vector>

#include "random_matrix.h"

using namespace esact::kernels;

namespace {

__extension__ using Wide = __int128;

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();

using Row = std::vector<std::int32_t>;

struct Norm {
  Row gamma;
  Row beta;
  unsigned shift;
  std::int32_t epsilon;
};

Wide floor_divide(Wide a, Wide b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

Wide round_divide_wide(Wide a, Wide b) {
  return floor_divide(2 * a + b, 2 * b);
}

int bits(Wide value) {
  int count = 0;
  for (; value > 0; value >>= 1) ++count;
  return count;
}

Wide square_root(Wide value) {
  Wide root = 0;
  for (int bit = 40; bit >= 0; --bit) {
    const Wide next = root + (Wide{1} << bit);
    if (next * next <= value) root = next;
  }
  return root;
}

/// docs/numerics.md, "Layer norm", line by line; nothing if a result does not fit int32.
std::optional<Row> oracle(const Row& r, const Norm& norm) {
  const Wide width = static_cast<Wide>(r.size());
  Wide sum = 0;
  for (const Wide value : r) sum += value;
  const Wide mean = round_divide_wide(sum, width);
  Wide largest = 0;
  for (const Wide value : r) largest = std::max(largest, value > mean ? value - mean : mean - value);
  const int n = bits(largest);
  const int k = n - 26;
  std::vector<Wide> c;
  Wide squares = 0;
  for (const Wide value : r) {
    c.push_back(k >= 0 ? (value - mean) >> k : (value - mean) * (Wide{1} << -k));
    squares += c.back() * c.back();
  }
  const Wide variance = squares / width;
  Wide e = norm.epsilon;
  if (k >= 0) {
    e >>= 2 * k;
  } else {
    e = bits(e) - 2 * k > 62 ? Wide{1} << 62 : e << -2 * k;
  }
  const Wide sigma = square_root(variance + e);
  Row out;
  for (std::size_t i = 0; i < r.size(); ++i) {
    const Wide y = n == 0 ? Wide{0} : round_divide_wide(c[i] * 65536, sigma);
    Wide product = y * norm.gamma[i];
    if (norm.shift > 0) product = (product + (Wide{1} << (norm.shift - 1))) >> norm.shift;
    product += norm.beta[i];
    if (product < kMin || product > kMax) return std::nullopt;
    out.push_back(static_cast<std::int32_t>(product));
  }
  return out;
}

/// Compares kernel and oracle; returns whether the row fitted.
bool check(const Row& row, const Norm& norm) {
  const auto expected = oracle(row, norm);
  Row out = row;
  const bool fits =
      layer_norm(out.data(), out.size(), {norm.gamma.data(), norm.beta.data(), norm.shift, norm.epsilon}, out.data());
  REQUIRE(fits == expected.has_value());
  if (fits) REQUIRE(out == *expected);
  return fits;
}

Norm random_norm(std::mt19937_64& random, std::size_t width, unsigned shift, std::int32_t epsilon) {
  return {random_vector<std::int32_t>(random, width, kMin, kMax),
          random_vector<std::int32_t>(random, width, -100000, 100000), shift, epsilon};
}

}  // namespace

TEST_CASE("layer norm of random rows at every scale") {
  std::mt19937_64 random(21);
  int fitting = 0;
  int overflows = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t width = 1 + random() % (round % 10 == 0 ? 1024 : 50);
    const std::int64_t bound = (std::int64_t{1} << (random() % 32)) - (random() % 2 == 0 ? 1 : 0);
    const std::int64_t centre = bound > kMax / 2 ? 0 : static_cast<std::int64_t>(random() % 1000000000) - 500000000;
    const auto row = random_vector<std::int32_t>(random, width, std::max<std::int64_t>(kMin, centre - bound),
                                                 std::min<std::int64_t>(kMax, centre + bound));
    const auto epsilon = static_cast<std::int32_t>((random() & 0x7fffffff) >> (random() % 32));
    const auto shift = static_cast<unsigned>(random() % 4 == 0 ? random() % 63 : 16 + random() % 8);
    ++(check(row, random_norm(random, width, shift, epsilon)) ? fitting : overflows);
  }
  CHECK(fitting > 1000);
  CHECK(overflows > 100);
}

TEST_CASE("layer norm of extreme rows") {
  std::mt19937_64 random(22);
  const std::vector<Row> rows = {
      {0},          {kMin},           {kMax},           {kMin, kMax},          {kMax, kMin, kMin},
      {kMin, kMin}, {kMax, kMax},     {0, 1},           {0, 0, 0, 1},          {kMin, 0, kMax},
      {7, 7, 7, 7}, {kMin, kMin + 1}, {kMax - 1, kMax}, {1 << 25, -(1 << 25)}, {(1 << 26) - 1, 0, -(1 << 26)}};
  for (const Row& row : rows) {
    for (const unsigned shift : {0U, 16U, 33U, 62U}) {
      for (const std::int32_t epsilon : {0, 1, 4095, 4096, 1 << 30, kMax}) {
        INFO("first " << row[0] << " width " << row.size() << " shift " << shift << " epsilon " << epsilon);
        check(row, random_norm(random, row.size(), shift, epsilon));
      }
    }
  }
}

TEST_CASE("layer norm of wide extreme rows") {
  std::mt19937_64 random(23);
  for (const std::size_t width : {2, 3, 255, 768, 1023, 1024}) {
    for (const std::int32_t other : {kMin, 0, 1, kMax - 1}) {
      Row row(width, other);
      row[width / 2] = kMax;
      CHECK(check(row, random_norm(random, width, 24, 5)));
      for (std::size_t i = 0; i < width; i += 2) row[i] = kMax;
      CHECK(check(row, random_norm(random, width, 24, kMax)));
    }
  }
}

TEST_CASE("a constant row gives beta, and overflow is found in any column") {
  const Norm norm{{kMax, kMax, kMax}, {kMin, 5, kMax}, 62, 1};
  Row out(3);
  const Row constant(3, -12345);
  REQUIRE(layer_norm(constant.data(), 3, {norm.gamma.data(), norm.beta.data(), 62, 1}, out.data()));
  CHECK(out == norm.beta);
  for (std::size_t column = 0; column < 3; ++column) {
    Row beta(3, 0);
    beta[column] = kMax;
    const Row gamma(3, 1 << 16);
    Row row(3, -1000);
    row[column] = 1000;
    CHECK_FALSE(layer_norm(row.data(), 3, {gamma.data(), beta.data(), 16, 0}, out.data()));
  }
}
