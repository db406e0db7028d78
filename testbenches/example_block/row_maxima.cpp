#include "example_block/row_maxima.h"

#include <algorithm>

namespace esact::kernels {

std::vector<std::uint32_t> row_maxima(MatrixView<const std::int32_t> values) {
  std::vector<std::uint32_t> maxima(values.rows);
  for (std::size_t row = 0; row < values.rows; ++row) {
    for (std::size_t column = 0; column < values.columns; ++column) {
      const auto value = static_cast<std::uint32_t>(values(row, column));
      maxima[row] = std::max(maxima[row], values(row, column) < 0 ? 0 - value : value);
    }
  }
  return maxima;
}

}  // namespace esact::kernels
