#include "kernels/gemm.h"

#include <catch2/catch.hpp>
#include <type_traits>

#include "kernels/pair_products.h"
#include "random_matrix.h"

using namespace esact::kernels;

namespace {

enum class Layout { kPlain, kTransposed };

template <class A, class B>
std::int64_t oracle(const Matrix<A>& a, const Matrix<B>& b, Layout layout, std::size_t i, std::size_t j,
                    std::size_t depth) {
  std::int64_t sum = 0;
  for (std::size_t k = 0; k < depth; ++k) {
    sum += std::int64_t{a(i, k)} * (layout == Layout::kTransposed ? b(j, k) : b(k, j));
  }
  return sum;
}

/// Multiplies and compares every element, and the gaps between the rows, with plain 64-bit loops.
template <class A, class B>
void check(const Matrix<A>& a, const Matrix<B>& b, Layout layout, std::size_t rows, std::size_t columns,
           std::size_t depth, bool accumulate) {
  constexpr std::int32_t kBefore = 1000003;
  Matrix<std::int32_t> c(rows, columns, kBefore, 3);
  if (layout == Layout::kPlain) {
    gemm(a.view(), b.view(), c.view(), accumulate);
  } else if constexpr (!std::is_same_v<A, std::uint8_t>) {
    gemm_transposed(a.view(), b.view(), c.view(), accumulate);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns + 3; ++j) {
      std::int64_t expected = kBefore;
      if (j < columns) expected = oracle(a, b, layout, i, j, depth) + (accumulate ? kBefore : 0);
      if (c(i, j) != expected) {
        FAIL(rows << "x" << columns << "x" << depth << " accumulate " << accumulate << " transposed "
                  << (layout == Layout::kTransposed) << " at (" << i << ", " << j << "): " << c(i, j)
                  << " != " << expected);
      }
    }
  }
}

template <class A, class B>
void check_random(std::int64_t a_low, std::int64_t a_high, std::int64_t b_low, std::int64_t b_high, Layout layout) {
  std::mt19937_64 random(7);
  const std::size_t sizes[] = {1, 2, 3, 4, 7, 8, 16, 17, 33, 64, 65, 97};
  std::uniform_int_distribution<std::size_t> pick(0, std::size(sizes) - 1);
  for (int round = 0; round < 150; ++round) {
    const std::size_t rows = sizes[pick(random)];
    const std::size_t columns = sizes[pick(random)];
    const std::size_t depth = sizes[pick(random)];
    const bool transposed = layout == Layout::kTransposed;
    Matrix<A> a(rows, depth, A{}, pick(random));
    Matrix<B> b(transposed ? columns : depth, transposed ? depth : columns, B{}, pick(random));
    check(a.fill(random, a_low, a_high), b.fill(random, b_low, b_high), layout, rows, columns, depth, round % 2 == 0);
  }
  SUCCEED();
}

/// Depths around the bounds of a block and of exact float32 sums up to the longest, all operands at one extreme or at
/// random near it.
template <class A, class B>
void check_extremes(const std::vector<std::int64_t>& a_values, const std::vector<std::int64_t>& b_values,
                    Layout layout) {
  std::mt19937_64 random(8);
  const bool transposed = layout == Layout::kTransposed;
  for (const std::size_t depth : {511, 512, 513, 1023, 1024, 1025, 1536, 2048, 2049, 4096}) {
    for (const std::size_t rows : {1, 2, 3, 9}) {
      const std::size_t columns = 5;
      const std::size_t b_rows = transposed ? columns : depth;
      const std::size_t b_columns = transposed ? depth : columns;
      for (const std::int64_t a_value : a_values) {
        for (const std::int64_t b_value : b_values) {
          Matrix<A> a(rows, depth, static_cast<A>(a_value));
          Matrix<B> b(b_rows, b_columns, static_cast<B>(b_value));
          check(a, b, layout, rows, columns, depth, false);
          const std::int64_t a_inner = a_value > 0 ? a_value - 1 : a_value + 1;
          const std::int64_t b_inner = b_value > 0 ? b_value - 1 : b_value + 1;
          // One smaller, odd product makes the sum odd: float32 sums would lose it.
          for (std::size_t i = 0; i < rows; ++i) a(i, depth - 1) = static_cast<A>(a_inner);
          for (std::size_t j = 0; j < columns; ++j) {
            (transposed ? b(j, depth - 1) : b(depth - 1, j)) = static_cast<B>(b_inner);
          }
          check(a, b, layout, rows, columns, depth, false);
          a.fill(random, std::min(a_value, a_inner), std::max(a_value, a_inner));
          b.fill(random, std::min(b_value, b_inner), std::max(b_value, b_inner));
          check(a, b, layout, rows, columns, depth, true);
        }
      }
    }
  }
  SUCCEED();
}

}  // namespace

TEST_CASE("gemm of int8 and int8: random shapes and strides") {
  check_random<std::int8_t, std::int8_t>(-128, 127, -128, 127, Layout::kPlain);
}

TEST_CASE("gemm of uint8 and int8: random shapes and strides") {
  check_random<std::uint8_t, std::int8_t>(0, 255, -128, 127, Layout::kPlain);
}

TEST_CASE("gemm of levels: random shapes and strides") {
  check_random<std::int16_t, std::int16_t>(-128, 128, -128, 128, Layout::kPlain);
}

TEST_CASE("gemm_transposed of int8: random shapes and strides") {
  check_random<std::int8_t, std::int8_t>(-128, 127, -128, 127, Layout::kTransposed);
}

TEST_CASE("gemm_transposed of levels: random shapes and strides") {
  check_random<std::int16_t, std::int16_t>(-128, 128, -128, 128, Layout::kTransposed);
}

TEST_CASE("gemm of int8 and int8: extreme operands and long sums") {
  check_extremes<std::int8_t, std::int8_t>({-128, 127}, {-128, 127}, Layout::kPlain);
}

TEST_CASE("gemm of uint8 and int8: extreme operands and long sums") {
  check_extremes<std::uint8_t, std::int8_t>({255}, {-128, 127}, Layout::kPlain);
}

TEST_CASE("gemm of levels: extreme operands and long sums") {
  check_extremes<std::int16_t, std::int16_t>({-128, 128}, {-128, 128}, Layout::kPlain);
}

TEST_CASE("gemm_transposed of int8: extreme operands and long sums") {
  check_extremes<std::int8_t, std::int8_t>({-128, 127}, {-128, 127}, Layout::kTransposed);
}

TEST_CASE("gemm_transposed of levels: extreme operands and long sums") {
  check_extremes<std::int16_t, std::int16_t>({-128, 128}, {-128, 128}, Layout::kTransposed);
}

TEST_CASE("gemm over several blocks of rows and depth and many panels of columns") {
  std::mt19937_64 random(9);
  for (const std::size_t rows : {95, 96, 97, 200}) {
    for (const std::size_t columns : {15, 16, 17, 100}) {
      Matrix<std::uint8_t> a(rows, 1030);
      Matrix<std::int8_t> b(1030, columns);
      check(a.fill(random, 0, 255), b.fill(random, -128, 127), Layout::kPlain, rows, columns, 1030, true);
      Matrix<std::int8_t> queries(rows, 1030);
      Matrix<std::int8_t> keys(columns, 1030);
      check(queries.fill(random, -128, 127), keys.fill(random, -128, 127), Layout::kTransposed, rows, columns, 1030,
            false);
    }
  }
  SUCCEED();
}

TEST_CASE("pair_products: the processor's and the portable form agree with the definition") {
  std::mt19937_64 random(10);
  for (const PairProducts products : {pair_products(), PairProducts{pair_products_portable}}) {
    for (std::size_t rows = 1; rows <= kPanelRows; ++rows) {
      for (const std::size_t pairs : {0, 1, 2, 33}) {
        const std::size_t depth = 2 * pairs;
        Matrix<std::int16_t> a(rows, depth, 0, 3);
        Matrix<std::int16_t> b(depth, kPanelColumns);
        Matrix<std::int32_t> c(rows, kPanelColumns, 1000003, 5);
        a.fill(random, -255, 255);
        b.fill(random, -128, 128);
        std::vector<std::int16_t> packed(depth * kPanelColumns + 1);
        for (std::size_t k = 0; k < depth; ++k) {
          for (std::size_t j = 0; j < kPanelColumns; ++j) packed[(k / 2 * kPanelColumns + j) * 2 + k % 2] = b(k, j);
        }
        products(a.data().data(), depth + 3, packed.data(), pairs, c.view().data, kPanelColumns + 5, rows);
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < kPanelColumns + 5; ++j) {
            INFO(rows << " rows, " << pairs << " pairs, at (" << i << ", " << j << ")");
            const std::int64_t sum = j < kPanelColumns ? oracle(a, b, Layout::kPlain, i, j, depth) : 0;
            REQUIRE(c(i, j) == 1000003 + sum);
          }
        }
      }
    }
  }
}

TEST_CASE("gemm of empty operands") {
  const Matrix<std::int8_t> a(4, 0);
  const Matrix<std::int8_t> b(0, 4);
  check(a, b, Layout::kPlain, 4, 4, 0, false);
  check(a, b, Layout::kPlain, 4, 4, 0, true);
  const Matrix<std::int8_t> none(0, 4);
  Matrix<std::int32_t> c(0, 4);
  gemm(none.view(), Matrix<std::int8_t>(4, 4).view(), c.view());
  SUCCEED();
}
