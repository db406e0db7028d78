#pragma once

#include <cstdint>
#include <vector>

#include "common/commands.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Values of ScaleParameters.
struct ScaleValues {
  std::vector<std::int32_t> multiplier;
  std::vector<std::uint8_t> shift;
};

/// What one vector command reads from SRAM; what its kind does not need is empty.
struct VectorOperands {
  std::vector<std::int32_t> in;      ///< [rows, width], the accumulators of kResidual row by row; kSoftmax: [entries];
                                     ///< kScatterAdd: [partial_rows, width]
  std::vector<std::int32_t> target;  ///< [rows, width] to add to: kScatterAdd: acc, zeros if cleared; kResidual: h
  std::vector<std::uint16_t> row_list;
  std::vector<std::uint32_t> row_pointers;
  std::vector<std::int32_t> sums;
  std::vector<std::int32_t> bias;
  ScaleValues scale;
  ScaleValues scale2;
  std::vector<std::int16_t> table;
  std::vector<std::int32_t> gamma;
  std::vector<std::int32_t> beta;

  /// Entry of the row list, or `row` itself where there is no list.
  std::uint32_t listed(std::uint32_t row) const { return row_list.empty() ? row : row_list[row]; }
};

/// Results of one vector command; what its kind does not make is empty.
struct VectorResult {
  std::vector<std::int8_t> out;         ///< [rows, width]; kSoftmax: uint8 [entries]
  std::vector<std::int32_t> h_out;      ///< [rows, width]; kScatterAdd: acc
  std::vector<std::int32_t> sums;       ///< kSoftmax
  std::vector<std::uint16_t> out_rows;  ///< kContext: row of `out` where each row goes; empty: its own
  std::vector<std::int32_t> observed;   ///< for the tensor tap only, [rows, width]: kContext: context in Q8; kResidual:
                                        ///< acc + bias, without x rescaled
  std::vector<std::int8_t> hidden;      ///< for the tensor tap only: kActivate
};

/// Whether a command names everything that its kind needs and its panels have its width.
bool is_valid(const VectorCommand& command);

/// kResidual: row of the accumulators that `row` takes.
std::uint32_t accumulator_row(const VectorCommand& command, const VectorOperands& operands, std::uint32_t row);

/// Elements a command works on: rows * width; softmax: entries.
std::uint64_t element_count(const VectorCommand& command, const VectorOperands& operands);

/// Reads all operands and parameters of a command, one transaction each; the accumulators of kResidual: one per panel
/// over the range of rows that is needed. Returns false if a list names a row that is not there or is not ascending.
[[nodiscard]] bool read_operands(InitiatorPort& port, const VectorCommand& command, VectorOperands& operands);

/// Writes what the command wants of a result: `out` with one transaction per panel and run of consecutive rows.
void write_result(InitiatorPort& port, const VectorCommand& command, const VectorResult& result);

}  // namespace esact
