#include "kernels/top_k.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "random_matrix.h"

using namespace esact::kernels;

namespace {

std::vector<std::uint8_t> oracle(const std::vector<std::int32_t>& row, std::size_t keep) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&row](std::size_t a, std::size_t b) { return row[a] > row[b]; });
  std::vector<std::uint8_t> mask(row.size(), 0);
  for (std::size_t i = 0; i < keep; ++i) mask[order[i]] = 1;
  return mask;
}

void check(const std::vector<std::int32_t>& row, std::size_t keep) {
  std::vector<std::uint8_t> mask(row.size() + 1, 9);
  top_k(row.data(), row.size(), keep, mask.data());
  REQUIRE(mask.back() == 9);
  mask.pop_back();
  REQUIRE(mask == oracle(row, keep));
}

}  // namespace

TEST_CASE("kept_count is the share rounded up, at least one, at most all") {
  struct Case {
    std::size_t valid;
    unsigned k_q8;
    std::size_t kept;
  };
  const std::vector<Case> cases = {{1, 1, 1},      {1, 256, 1},  {5, 51, 1},        {6, 51, 2},     {128, 51, 26},
                                   {512, 51, 102}, {1024, 1, 4}, {1024, 256, 1024}, {100, 128, 50}, {3, 255, 3}};
  for (const Case& test : cases) {
    INFO(test.valid << " at " << test.k_q8);
    CHECK(kept_count(test.valid, test.k_q8) == test.kept);
  }
}

TEST_CASE("top_k agrees with a stable sort") {
  std::mt19937_64 random(31);
  for (int round = 0; round < 3000; ++round) {
    const std::size_t valid = 1 + random() % (round % 20 == 0 ? 1024 : 40);
    const std::int64_t bound = std::int64_t{1} << (random() % 31);  // small bounds: many ties
    check(random_vector<std::int32_t>(random, valid, -bound, bound), 1 + random() % valid);
  }
}

TEST_CASE("top_k of every row of six values out of three") {
  const std::int32_t values[] = {std::numeric_limits<std::int32_t>::min(), -1,
                                 std::numeric_limits<std::int32_t>::max()};
  for (int code = 0; code < 729; ++code) {
    std::vector<std::int32_t> row;
    for (int rest = code, i = 0; i < 6; ++i, rest /= 3) row.push_back(values[rest % 3]);
    for (std::size_t keep = 1; keep <= 6; ++keep) check(row, keep);
  }
}

TEST_CASE("top_k_compares counts valid times ceil(log2(keep + 1))") {
  for (std::size_t keep = 1; keep <= 1024; ++keep) {
    const auto levels = static_cast<std::uint64_t>(std::ceil(std::log2(static_cast<double>(keep + 1))));
    REQUIRE(top_k_compares(1024, keep) == 1024 * levels);
  }
}
