#include "kernels/gemm.h"

#include <cblas.h>

#include <algorithm>
#include <vector>

#include "kernels/vector_clones.h"

namespace esact::kernels {

namespace {

/// Longest sum float32 forms exactly: depth times the largest product of magnitudes stays within 2^24.
template <class A>
constexpr std::size_t kChunk = 1024;
template <>
constexpr std::size_t kChunk<std::uint8_t> = 512;

constexpr std::size_t kTileColumns = 512;  // bounds the float copies: a tile of B is at most 2 MiB
constexpr std::size_t kPlainRows = 3;      // up to here a product costs less than the float copy of B
constexpr std::size_t kPlainProducts = 1024;

enum class Layout { kPlain, kTransposed };

/// Float copies of the operands and the product, kept between calls so that the hot path allocates nothing.
struct Scratch {
  std::vector<float> a;
  std::vector<float> b;
  std::vector<float> c;

  static float* reserve(std::vector<float>& buffer, std::size_t count) {
    if (buffer.size() < count) buffer.resize(count);
    return buffer.data();
  }
};

template <class T>
[[gnu::always_inline]] inline void convert_loop(const T* in, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(in[i]);
}

ESACT_VECTOR_CLONES void convert(const std::int8_t* in, std::size_t count, float* out) {
  convert_loop(in, count, out);
}
ESACT_VECTOR_CLONES void convert(const std::uint8_t* in, std::size_t count, float* out) {
  convert_loop(in, count, out);
}
ESACT_VECTOR_CLONES void convert(const std::int16_t* in, std::size_t count, float* out) {
  convert_loop(in, count, out);
}

ESACT_VECTOR_CLONES void store(const float* in, std::size_t count, std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::int32_t>(in[i]);
}

ESACT_VECTOR_CLONES void add(const float* in, std::size_t count, std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] += static_cast<std::int32_t>(in[i]);
}

template <class T>
[[gnu::always_inline]] inline void multiply_add_loop(std::int32_t factor, const T* in, std::size_t count,
                                                     std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] += factor * in[i];
}

ESACT_VECTOR_CLONES void multiply_add(std::int32_t factor, const std::int8_t* in, std::size_t count,
                                      std::int32_t* out) {
  multiply_add_loop(factor, in, count, out);
}
ESACT_VECTOR_CLONES void multiply_add(std::int32_t factor, const std::int16_t* in, std::size_t count,
                                      std::int32_t* out) {
  multiply_add_loop(factor, in, count, out);
}

template <class T>
[[gnu::always_inline]] inline std::int32_t dot_loop(const T* a, const T* b, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

ESACT_VECTOR_CLONES std::int32_t dot(const std::int8_t* a, const std::int8_t* b, std::size_t count) {
  return dot_loop(a, b, count);
}
ESACT_VECTOR_CLONES std::int32_t dot(const std::int16_t* a, const std::int16_t* b, std::size_t count) {
  return dot_loop(a, b, count);
}

/// Float copy of a matrix without gaps between rows.
template <class T>
void convert(MatrixView<const T> in, float* out) {
  for (std::size_t i = 0; i < in.rows; ++i) convert(in.row(i), in.columns, out + i * in.columns);
}

void clear(MatrixView<std::int32_t> c) {
  for (std::size_t i = 0; i < c.rows; ++i) std::fill_n(c.row(i), c.columns, 0);
}

template <Layout layout, class A, class B>
void multiply_plain(MatrixView<const A> a, MatrixView<const B> b, MatrixView<std::int32_t> c, bool accumulate) {
  if (!accumulate) clear(c);
  for (std::size_t i = 0; i < c.rows; ++i) {
    if constexpr (layout == Layout::kTransposed) {
      for (std::size_t j = 0; j < c.columns; ++j) c(i, j) += dot(a.row(i), b.row(j), a.columns);
    } else {
      for (std::size_t k = 0; k < a.columns; ++k) multiply_add(a(i, k), b.row(k), c.columns, c.row(i));
    }
  }
}

/// One chunk of the depth and one tile of columns: C = A B, or C += A B, whose float sums are exact. `a` is the float
/// copy of the chunk's columns of A.
template <Layout layout, class B>
void multiply_tile(const float* a, MatrixView<const B> b, MatrixView<std::int32_t> c, bool accumulate,
                   Scratch& scratch) {
  constexpr bool transposed = layout == Layout::kTransposed;
  const std::size_t depth = transposed ? b.columns : b.rows;
  float* const b_copy = Scratch::reserve(scratch.b, depth * c.columns);
  float* const product = Scratch::reserve(scratch.c, c.rows * c.columns);
  convert(b, b_copy);
  const auto rows = static_cast<blasint>(c.rows);
  const auto columns = static_cast<blasint>(c.columns);
  const auto length = static_cast<blasint>(depth);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, rows, columns, length, 1.0F, a,
              length, b_copy, transposed ? length : columns, 0.0F, product, columns);
  for (std::size_t i = 0; i < c.rows; ++i) {
    (accumulate ? add : store)(product + i * c.columns, c.columns, c.row(i));
  }
}

template <Layout layout, class A, class B>
void multiply(MatrixView<const A> a, MatrixView<const B> b, MatrixView<std::int32_t> c, bool accumulate) {
  const std::size_t depth = a.columns;
  if (c.rows <= kPlainRows || c.rows * c.columns * depth <= kPlainProducts) {
    multiply_plain<layout>(a, b, c, accumulate);
    return;
  }
  thread_local Scratch scratch;
  for (std::size_t k = 0; k < depth; k += kChunk<A>) {
    const std::size_t chunk = std::min(kChunk<A>, depth - k);
    float* const a_copy = Scratch::reserve(scratch.a, a.rows * chunk);
    convert(a.block(0, k, a.rows, chunk), a_copy);
    for (std::size_t j = 0; j < c.columns; j += kTileColumns) {
      const std::size_t columns = std::min(kTileColumns, c.columns - j);
      const auto b_tile = layout == Layout::kTransposed ? b.block(j, k, columns, chunk) : b.block(k, j, chunk, columns);
      multiply_tile<layout>(a_copy, b_tile, c.block(0, j, c.rows, columns), accumulate || k > 0, scratch);
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

void set_gemm_threads(int count) {
  openblas_set_num_threads(count);
}

}  // namespace esact::kernels
