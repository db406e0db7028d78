#pragma once

#include <cstddef>
#include <cstdint>

/// The inner loop of the matrix products: sums of products of int16 pairs, the one integer operation that vector units
/// have had since SSE2 at twice the rate of a float32 multiply-add (pmaddwd). Exact: no rounding, no saturation for
/// operands that magnitudes of at most 255 and 128 form.
namespace esact::kernels {

constexpr std::size_t kPanelColumns = 16;  ///< columns of C that one call makes
constexpr std::size_t kPanelRows = 6;      ///< rows of C that one call makes, at most

/// C[rows, kPanelColumns] += A[rows, 2 * pairs] B[2 * pairs, kPanelColumns]. Rows of A lie `a_stride` elements apart, a
/// row of C `c_stride`; B holds for each pair of its rows, one after another, the two elements of every column.
using PairProducts = void (*)(const std::int16_t* a, std::size_t a_stride, const std::int16_t* b, std::size_t pairs,
                              std::int32_t* c, std::size_t c_stride, std::size_t rows);

/// In plain C++.
void pair_products_portable(const std::int16_t* a, std::size_t a_stride, const std::int16_t* b, std::size_t pairs,
                            std::int32_t* c, std::size_t c_stride, std::size_t rows);

/// The fastest there is for this processor.
PairProducts pair_products();

}  // namespace esact::kernels
