#pragma once

#include <cstdint>

#include "kernels/matrix.h"

namespace esact::kernels {

/// y = requantise(table[hidden + 128]) with a multiplier and a shift per column. `table` has 256 entries; both views
/// have the same shape. Docs: docs/numerics.md, tensor `y`.
void activate_rows(MatrixView<const std::int8_t> hidden, const std::int16_t* table, const std::int32_t* multiplier,
                   const std::uint8_t* shift, MatrixView<std::int8_t> y);

}  // namespace esact::kernels
