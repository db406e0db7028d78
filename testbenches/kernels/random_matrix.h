#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "kernels/matrix.h"

namespace esact::kernels {

/// A matrix of its own memory for tests, with a gap after each row unless `gap` is 0.
template <class T>
class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t columns, T value = T{}, std::size_t gap = 0)
      : rows_(rows), columns_(columns), stride_(columns + gap), data_(rows * stride_, value) {}

  MatrixView<T> view() { return {data_.data(), rows_, columns_, stride_}; }
  MatrixView<const T> view() const { return {data_.data(), rows_, columns_, stride_}; }
  T& operator()(std::size_t row, std::size_t column) { return data_[row * stride_ + column]; }
  T operator()(std::size_t row, std::size_t column) const { return data_[row * stride_ + column]; }
  const std::vector<T>& data() const { return data_; }

  /// Fills all memory, gaps too, with values in [low, high].
  Matrix& fill(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
    std::uniform_int_distribution<std::int64_t> values(low, high);
    for (T& value : data_) value = static_cast<T>(values(random));
    return *this;
  }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::size_t stride_;
  std::vector<T> data_;
};

/// `count` values in [low, high].
template <class T>
std::vector<T> random_vector(std::mt19937_64& random, std::size_t count, std::int64_t low, std::int64_t high) {
  std::vector<T> result(count);
  std::uniform_int_distribution<std::int64_t> values(low, high);
  for (T& value : result) value = static_cast<T>(values(random));
  return result;
}

}  // namespace esact::kernels
