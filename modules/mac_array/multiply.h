#pragma once

#include <cstdint>
#include <vector>

#include "esact_interface/event_counts.h"
#include "mac_array/operands.h"

namespace esact {

/// Elements of C: score: entries; else rows * columns.
std::size_t result_size(const MatrixCommand& command, const MatrixOperands& operands);

/// Adds the MACs of a command to `counts`: rows * depth * columns for a projection (key and value half each), entries *
/// head width for score and context.
void count_macs(const MatrixCommand& command, const MatrixOperands& operands, EventCounts& counts);

/// The values of a matrix command; keeps its buffers from call to call.
class Multiplier {
 public:
  /// Computes `c`, which holds the previous values if the command accumulates.
  void multiply(const MatrixCommand& command, const MatrixOperands& operands, std::int32_t* c);

 private:
  void project(const MatrixCommand& command, const MatrixOperands& operands, std::int32_t* c);
  void score(const MatrixCommand& command, const MatrixOperands& operands, std::int32_t* c);
  void context(const MatrixCommand& command, const MatrixOperands& operands, std::int32_t* c);

  std::vector<std::int32_t> products_;  ///< score: [rows, keys]
  std::vector<std::uint8_t> weights_;   ///< context: [rows, keys]
};

}  // namespace esact
