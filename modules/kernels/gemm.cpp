#include "kernels/gemm.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "kernels/pair_products.h"
#include "kernels/vector_clones.h"

namespace esact::kernels {

namespace {

/// A product is made in blocks of so many rows of C and terms of their sums: a packed panel of B stays in the
/// first-level cache, the widened rows of A in the second.
constexpr std::size_t kRows = 96;
constexpr std::size_t kDepth = 512;

/// Operands of one block as int16.
struct Scratch {
  std::array<std::int16_t, kRows * kDepth> a;
  std::array<std::int16_t, kDepth * kPanelColumns> b;
  std::array<std::int16_t, kDepth * kPanelColumns> columns;  ///< of a transposed B, before they are packed
};

enum class Layout { kPlain, kTransposed };

constexpr std::size_t divide_up(std::size_t dividend, std::size_t divisor) {
  return (dividend + divisor - 1) / divisor;
}

void clear(MatrixView<std::int32_t> c) {
  for (std::size_t i = 0; i < c.rows; ++i) std::fill_n(c.row(i), c.columns, 0);
}

/// Rows of a matrix as int16, each filled up with zeros to `stride` elements, at most one more than it has.
template <class T>
[[gnu::always_inline]] inline void widen_loop(MatrixView<const T> in, std::size_t stride, std::int16_t* out) {
  for (std::size_t i = 0; i < in.rows; ++i, out += stride) {
    const T* const row = in.row(i);
    for (std::size_t j = 0; j < in.columns; ++j) out[j] = row[j];
    if (in.columns < stride) out[in.columns] = 0;
  }
}

ESACT_VECTOR_CLONES void widen(MatrixView<const std::int8_t> in, std::size_t stride, std::int16_t* out) {
  widen_loop(in, stride, out);
}
ESACT_VECTOR_CLONES void widen(MatrixView<const std::uint8_t> in, std::size_t stride, std::int16_t* out) {
  widen_loop(in, stride, out);
}
void widen(MatrixView<const std::int16_t> in, std::size_t stride, std::int16_t* out) {
  widen_loop(in, stride, out);
}

/// Rows of a full panel two by two, column by column. Vector extensions of GCC and Clang: as a plain loop it takes
/// four times as long.
template <class T>
[[gnu::always_inline]] inline void interleave_loop(const T* in, std::size_t pairs, std::size_t stride,
                                                   std::int16_t* out) {
  static_assert(kPanelColumns == 16);
  typedef T Row [[gnu::vector_size(16 * sizeof(T))]];
  typedef std::int16_t Packed [[gnu::vector_size(32)]];
  for (std::size_t pair = 0; pair < pairs; ++pair, in += 2 * stride, out += 2 * kPanelColumns) {
    Row first, second;
    std::memcpy(&first, in, sizeof first);
    std::memcpy(&second, in + stride, sizeof second);
    const Row left = __builtin_shufflevector(first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const Row right =
        __builtin_shufflevector(first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const Packed packed_left = __builtin_convertvector(left, Packed);
    const Packed packed_right = __builtin_convertvector(right, Packed);
    std::memcpy(out, &packed_left, sizeof packed_left);
    std::memcpy(out + kPanelColumns, &packed_right, sizeof packed_right);
  }
}

ESACT_VECTOR_CLONES void interleave(const std::int8_t* in, std::size_t pairs, std::size_t stride, std::int16_t* out) {
  interleave_loop(in, pairs, stride, out);
}
ESACT_VECTOR_CLONES void interleave(const std::int16_t* in, std::size_t pairs, std::size_t stride, std::int16_t* out) {
  interleave_loop(in, pairs, stride, out);
}

/// A panel of B, [depth, at most kPanelColumns], in the order of pair_products.h; what is missing is zero.
template <class T>
void pack_plain(MatrixView<const T> b, std::int16_t* out) {
  std::size_t packed = 0;
  if (b.columns == kPanelColumns) {
    interleave(b.data, b.rows / 2, b.stride, out);
    packed = b.rows / 2 * 2;
  }
  std::fill_n(out + packed * kPanelColumns, (b.rows + 1 - packed) / 2 * 2 * kPanelColumns, std::int16_t{0});
  for (std::size_t k = packed; k < b.rows; ++k) {
    std::int16_t* const pair = out + k / 2 * 2 * kPanelColumns + k % 2;
    for (std::size_t j = 0; j < b.columns; ++j) pair[2 * j] = b(k, j);
  }
}

/// Transposes a square of 8 x 8 pairs: from rows of 16 elements to packed pairs of rows, 8 columns each.
[[gnu::always_inline]] inline void transpose_pairs(const std::int16_t* const (&rows)[8], std::int16_t* out) {
  typedef std::int32_t Pairs [[gnu::vector_size(32)]];
  Pairs in[8], by_two[8], by_four[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) std::memcpy(&in[i], rows[i], sizeof in[i]);
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    by_two[i] = __builtin_shufflevector(in[i], in[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    by_two[i + 1] = __builtin_shufflevector(in[i], in[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j) {
      by_four[i + 2 * j] = __builtin_shufflevector(by_two[i + j], by_two[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      by_four[i + 2 * j + 1] = __builtin_shufflevector(by_two[i + j], by_two[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const Pairs low = __builtin_shufflevector(by_four[i], by_four[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    const Pairs high = __builtin_shufflevector(by_four[i], by_four[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    std::memcpy(out + i * 2 * kPanelColumns, &low, sizeof low);
    std::memcpy(out + (i + 4) * 2 * kPanelColumns, &high, sizeof high);
  }
}

/// Packs a panel from its columns as int16, each at a multiple of `stride` elements: `pairs` pairs of every column.
ESACT_VECTOR_CLONES void pack_columns(const std::int16_t* columns, std::size_t stride, std::size_t pairs,
                                      std::int16_t* out) {
  std::size_t pair = 0;
  for (; pair + 8 <= pairs; pair += 8) {
    for (std::size_t j = 0; j < kPanelColumns; j += 8) {
      const std::int16_t* const first = columns + j * stride + 2 * pair;
      transpose_pairs({first, first + stride, first + 2 * stride, first + 3 * stride, first + 4 * stride,
                       first + 5 * stride, first + 6 * stride, first + 7 * stride},
                      out + (pair * kPanelColumns + j) * 2);
    }
  }
  for (; pair < pairs; ++pair) {
    for (std::size_t j = 0; j < kPanelColumns; ++j) {
      std::memcpy(out + (pair * kPanelColumns + j) * 2, columns + j * stride + 2 * pair, 2 * sizeof(std::int16_t));
    }
  }
}

/// The same of a panel that is given transposed, [at most kPanelColumns, depth]. `columns`: room for it as int16.
template <class T>
void pack_transposed(MatrixView<const T> b, std::int16_t* columns, std::int16_t* out) {
  const std::size_t pairs = divide_up(b.columns, 2);
  widen(b, 2 * pairs, columns);
  std::fill_n(columns + b.rows * 2 * pairs, (kPanelColumns - b.rows) * 2 * pairs, std::int16_t{0});
  pack_columns(columns, 2 * pairs, pairs, out);
}

/// C += A B for one panel. Rows are cut evenly so that no call is left with a single one.
void multiply_panel(const std::int16_t* a, const std::int16_t* b, std::size_t pairs, MatrixView<std::int32_t> c) {
  static const PairProducts products = pair_products();
  const std::size_t step = divide_up(c.rows, divide_up(c.rows, kPanelRows));
  for (std::size_t i = 0; i < c.rows; i += step) {
    const std::size_t rows = std::min(step, c.rows - i);
    if (c.columns == kPanelColumns) {
      products(a + i * 2 * pairs, 2 * pairs, b, pairs, c.row(i), c.stride, rows);
      continue;
    }
    std::int32_t sums[kPanelRows * kPanelColumns] = {};
    products(a + i * 2 * pairs, 2 * pairs, b, pairs, sums, kPanelColumns, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t j = 0; j < c.columns; ++j) c(i + row, j) += sums[row * kPanelColumns + j];
    }
  }
}

/// C += A B for at most kRows rows and kDepth terms.
template <Layout layout, class A, class B>
void multiply_block(MatrixView<const A> a, MatrixView<const B> b, MatrixView<std::int32_t> c) {
  thread_local const std::unique_ptr<Scratch> scratch = std::make_unique<Scratch>();  // too large for an SC_THREAD
  const std::size_t pairs = divide_up(a.columns, 2);
  widen(a, 2 * pairs, scratch->a.data());
  for (std::size_t j = 0; j < c.columns; j += kPanelColumns) {
    const std::size_t columns = std::min(kPanelColumns, c.columns - j);
    if constexpr (layout == Layout::kTransposed) {
      pack_transposed(b.block(j, 0, columns, b.columns), scratch->columns.data(), scratch->b.data());
    } else {
      pack_plain(b.block(0, j, b.rows, columns), scratch->b.data());
    }
    multiply_panel(scratch->a.data(), scratch->b.data(), pairs, c.block(0, j, c.rows, columns));
  }
}

template <Layout layout, class A, class B>
void multiply(MatrixView<const A> a, MatrixView<const B> b, MatrixView<std::int32_t> c, bool accumulate) {
  for (std::size_t i = 0; i < c.rows; i += kRows) {
    const std::size_t rows = std::min(kRows, c.rows - i);
    const MatrixView<std::int32_t> c_rows = c.block(i, 0, rows, c.columns);
    if (!accumulate) clear(c_rows);
    for (std::size_t k = 0; k < a.columns; k += kDepth) {
      const std::size_t depth = std::min(kDepth, a.columns - k);
      const bool transposed = layout == Layout::kTransposed;
      const auto b_terms = transposed ? b.block(0, k, b.rows, depth) : b.block(k, 0, depth, b.columns);
      multiply_block<layout>(a.block(i, k, rows, depth), b_terms, c_rows);
    }
  }
}

}  // namespace

void gemm(MatrixView<const std::int8_t> a, MatrixView<const std::int8_t> b, MatrixView<std::int32_t> c,
          bool accumulate) {
  multiply<Layout::kPlain>(a, b, c, accumulate);
}

void gemm(MatrixView<const std::uint8_t> a, MatrixView<const std::int8_t> b, MatrixView<std::int32_t> c,
          bool accumulate) {
  multiply<Layout::kPlain>(a, b, c, accumulate);
}

void gemm(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b, MatrixView<std::int32_t> c,
          bool accumulate) {
  multiply<Layout::kPlain>(a, b, c, accumulate);
}

void gemm_transposed(MatrixView<const std::int8_t> a, MatrixView<const std::int8_t> b, MatrixView<std::int32_t> c,
                     bool accumulate) {
  multiply<Layout::kTransposed>(a, b, c, accumulate);
}

void gemm_transposed(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b, MatrixView<std::int32_t> c,
                     bool accumulate) {
  multiply<Layout::kTransposed>(a, b, c, accumulate);
}

}  // namespace esact::kernels
