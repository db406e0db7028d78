#pragma once

#include <cstdint>
#include <vector>

#include "kernels/matrix.h"

namespace esact::kernels {

/// Largest magnitude of each row, at most 2^31; 0 for a row without columns.
std::vector<std::uint32_t> row_maxima(MatrixView<const std::int32_t> values);

}  // namespace esact::kernels
