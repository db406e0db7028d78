#pragma once

#include <cstddef>
#include <type_traits>

namespace esact::kernels {

/// A row-major matrix in memory that somebody else owns. `stride` is the distance of two rows in elements, at least
/// `columns`. A view of mutable elements converts to a view of constant ones.
template <class T>
struct MatrixView {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;

  MatrixView() = default;
  MatrixView(T* data, std::size_t rows, std::size_t columns, std::size_t stride)
      : data(data), rows(rows), columns(columns), stride(stride) {}
  /// Rows without gaps.
  MatrixView(T* data, std::size_t rows, std::size_t columns) : MatrixView(data, rows, columns, columns) {}
  template <class U, class = std::enable_if_t<std::is_same_v<const U, T>>>
  MatrixView(const MatrixView<U>& other) : MatrixView(other.data, other.rows, other.columns, other.stride) {}

  /// First element of a row.
  T* row(std::size_t index) const { return data + index * stride; }

  /// Element of a row and a column.
  T& operator()(std::size_t row_index, std::size_t column_index) const { return row(row_index)[column_index]; }

  /// The part of `row_count` rows and `column_count` columns that starts at (`first_row`, `first_column`).
  MatrixView block(std::size_t first_row, std::size_t first_column, std::size_t row_count,
                   std::size_t column_count) const {
    return {row(first_row) + first_column, row_count, column_count, stride};
  }
};

}  // namespace esact::kernels
