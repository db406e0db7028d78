#include "kernels/similarity.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>

#include "kernels/top_k.h"
#include "random_matrix.h"

using namespace esact::kernels;

namespace {

__extension__ using Wide = __int128;

struct Window {
  Matrix<std::int32_t> spa;
  Matrix<std::uint8_t> mask;
  std::vector<std::size_t> valid;
};

struct Selection {
  std::vector<std::uint8_t> representative;
  std::uint64_t compared_columns = 0;
};

/// docs/spls.md, rule 3, without shortcuts; invalid columns count as 0 and not kept.
Selection oracle(const Window& window, unsigned s_q8, Metric metric) {
  const std::size_t rows = window.valid.size();
  const auto at = [&](std::size_t i, std::size_t j) -> Wide {
    if (j >= window.valid[i]) return 0;
    return metric == Metric::kL1 ? Wide{window.spa(i, j)} : Wide{window.mask(i, j)};
  };
  const auto magnitude = [](Wide value) { return value < 0 ? -value : value; };
  const std::size_t columns = window.spa.view().columns;
  Selection result;
  for (std::size_t i = 0; i < rows; ++i) {
    std::size_t chosen = i;
    Wide best = -1;
    for (std::size_t c = 0; c < i; ++c) {
      if (result.representative[c] != c) continue;
      Wide dist = 0;
      Wide norm = 0;
      for (std::size_t j = 0; j < columns; ++j) {
        dist += magnitude(at(i, j) - at(c, j));
        norm += magnitude(at(c, j));
      }
      result.compared_columns += window.valid[i];
      if (dist * 256 > s_q8 * norm || (best >= 0 && dist >= best)) continue;
      best = dist;
      chosen = c;
    }
    result.representative.push_back(static_cast<std::uint8_t>(chosen));
  }
  return result;
}

/// Compares kernel and oracle; returns the number of similar rows.
std::size_t check(const Window& window, unsigned s_q8, Metric metric) {
  const WindowSelection selection =
      select_critical_rows(window.spa.view(), window.mask.view(), window.valid.data(), s_q8, metric);
  const Selection expected = oracle(window, s_q8, metric);
  REQUIRE(selection.representative == expected.representative);
  REQUIRE(selection.compared_columns == expected.compared_columns);
  std::size_t similar = 0;
  for (std::size_t i = 0; i < window.valid.size(); ++i) similar += selection.representative[i] != i;
  return similar;
}

/// Rows that are noisy copies of a few prototypes, kept in part; the memory beyond the valid columns is not zero.
Window random_window(std::mt19937_64& random, std::size_t rows, std::size_t columns, bool causal, std::int64_t range,
                     std::int64_t noise, Offset offset) {
  Window window{Matrix<std::int32_t>(rows, columns, 77, 2), Matrix<std::uint8_t>(rows, columns, 1, 1), {}};
  Matrix<std::int32_t> prototypes(3, columns);
  prototypes.fill(random, -range, range);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t valid = causal ? columns - rows + i + 1 : columns;
    window.valid.push_back(valid);
    auto pam = random_vector<std::int32_t>(random, columns, -noise, noise);
    const std::size_t prototype = random() % 3;
    for (std::size_t j = 0; j < columns; ++j) pam[j] += prototypes(prototype, j);
    std::uint8_t* const mask = window.mask.view().row(i);
    top_k(pam.data(), valid, kept_count(valid, 100), mask);
    apply_mask(pam.data(), mask, valid, offset, window.spa.view().row(i));
  }
  return window;
}

}  // namespace

TEST_CASE("select_critical_rows agrees with the rule without shortcuts") {
  std::mt19937_64 random(41);
  std::size_t similar = 0;
  std::size_t total = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::size_t rows = 1 + random() % (round % 10 == 0 ? 64 : 10);
    const std::size_t columns = rows + random() % (round % 10 == 0 ? 900 : 40);
    const std::int64_t range = std::int64_t{1} << (1 + random() % 24);
    const std::int64_t noise = range >> (random() % 12);
    const Window window = random_window(random, rows, columns, random() % 2 == 0, range, noise,
                                        random() % 2 == 0 ? Offset::kNone : Offset::kKth);
    for (const unsigned s_q8 : {0U, 40U, 128U, 300U, 65535U}) {
      for (const Metric metric : {Metric::kL1, Metric::kHamming}) {
        similar += check(window, s_q8, metric);
        total += rows;
      }
    }
  }
  CHECK(similar > total / 10);
  CHECK(similar < total * 9 / 10);
}

TEST_CASE("select_critical_rows with many equal distances") {
  std::mt19937_64 random(42);
  for (int round = 0; round < 5000; ++round) {
    const std::size_t rows = 1 + random() % 8;
    const std::size_t columns = 1 + random() % 4;
    Window window{Matrix<std::int32_t>(rows, columns), Matrix<std::uint8_t>(rows, columns),
                  std::vector<std::size_t>(rows, columns)};
    window.spa.fill(random, -1, 1);
    window.mask.fill(random, 0, 1);
    const auto s_q8 = static_cast<unsigned>(random() % 600);
    check(window, s_q8, Metric::kL1);
    check(window, s_q8, Metric::kHamming);
  }
}

TEST_CASE("distances beyond 32 bits") {
  constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  Window window{Matrix<std::int32_t>(4, 1024, kMin), Matrix<std::uint8_t>(4, 1024, 1),
                std::vector<std::size_t>(4, 1024)};
  for (std::size_t j = 0; j < 1024; ++j) window.spa(1, j) = window.spa(3, j) = kMax;
  CHECK(check(window, 500, Metric::kL1) == 2);
  CHECK(check(window, 512, Metric::kL1) == 3);  // the distance is just below twice the norm
}

TEST_CASE("two zero rows are similar and a threshold is met with equality") {
  Window window{Matrix<std::int32_t>(3, 2), Matrix<std::uint8_t>(3, 2, 1), {2, 2, 2}};
  CHECK(check(window, 0, Metric::kL1) == 2);
  window.spa(0, 0) = 256;
  window.spa(1, 0) = 256;
  window.spa(1, 1) = 128;
  CHECK(select_critical_rows(window.spa.view(), window.mask.view(), window.valid.data(), 128, Metric::kL1)
            .representative == std::vector<std::uint8_t>{0, 0, 2});
  CHECK(select_critical_rows(window.spa.view(), window.mask.view(), window.valid.data(), 127, Metric::kL1)
            .representative == std::vector<std::uint8_t>{0, 1, 2});
}

TEST_CASE("apply_mask zeroes what is not kept and subtracts the offset from the rest") {
  const std::vector<std::int32_t> pam = {5, -3, 9, 7, 100};
  const std::vector<std::uint8_t> mask = {1, 0, 1, 1, 1};
  std::vector<std::int32_t> spa(5, -1);
  apply_mask(pam.data(), mask.data(), 4, Offset::kNone, spa.data());
  CHECK(spa == std::vector<std::int32_t>{5, 0, 9, 7, -1});
  apply_mask(pam.data(), mask.data(), 4, Offset::kKth, spa.data());
  CHECK(spa == std::vector<std::int32_t>{1, 0, 5, 3, -1});
  const std::vector<std::int32_t> negative = {-5, -30, -9};
  apply_mask(negative.data(), mask.data(), 3, Offset::kKth, spa.data());
  CHECK(std::vector<std::int32_t>(spa.begin(), spa.begin() + 3) == std::vector<std::int32_t>{5, 0, 1});
}
