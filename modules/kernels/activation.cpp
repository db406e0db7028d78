#include "kernels/activation.h"

#include "kernels/fixed_point.h"

namespace esact::kernels {

void activate_rows(MatrixView<const std::int8_t> hidden, const std::int16_t* table, const std::int32_t* multiplier,
                   const std::uint8_t* shift, MatrixView<std::int8_t> y) {
  for (std::size_t i = 0; i < hidden.rows; ++i) {
    const std::int8_t* const row = hidden.row(i);
    std::int8_t* const result = y.row(i);
    for (std::size_t j = 0; j < hidden.columns; ++j) {
      result[j] = requantise(table[row[j] + 128], multiplier[j], shift[j]);
    }
  }
}

}  // namespace esact::kernels
