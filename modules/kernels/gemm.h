#pragma once

#include <cstdint>

#include "kernels/matrix.h"

namespace esact::kernels {

/// C = A B, or C += A B if `accumulate`, in int32: exact while the results fit. A is [rows, depth], B [depth, columns],
/// C [rows, columns], any of them 0. The int16 forms take quantizer levels: magnitudes of at most 128.
void gemm(MatrixView<const std::int8_t> a, MatrixView<const std::int8_t> b, MatrixView<std::int32_t> c,
          bool accumulate = false);
void gemm(MatrixView<const std::uint8_t> a, MatrixView<const std::int8_t> b, MatrixView<std::int32_t> c,
          bool accumulate = false);
void gemm(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b, MatrixView<std::int32_t> c,
          bool accumulate = false);

/// C = A B^T, or C += A B^T if `accumulate`: as `gemm`, but B is [columns, depth].
void gemm_transposed(MatrixView<const std::int8_t> a, MatrixView<const std::int8_t> b, MatrixView<std::int32_t> c,
                     bool accumulate = false);
void gemm_transposed(MatrixView<const std::int16_t> a, MatrixView<const std::int16_t> b, MatrixView<std::int32_t> c,
                     bool accumulate = false);

}  // namespace esact::kernels
