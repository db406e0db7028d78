#pragma once

#include <cstdint>
#include <vector>

#include "mac_array/timing.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Operands of one matrix command as they were read from SRAM.
struct MatrixOperands {
  std::vector<std::uint8_t>
      a;                       ///< projections: int8 [rows, depth]; score: int8 [rows, depth]; context: uint8 [entries]
  std::vector<std::int8_t> b;  ///< projections: panel after panel; score, context: [keys, head width]
  std::vector<std::uint16_t> row_list;       ///< projections: row of A for each row
  mac_array_timing::KeyLists lists;          ///< score, context
  std::vector<std::uint32_t> first_entries;  ///< score, context: where each row's entries lie in C or A; empty: one
                                             ///< row's behind the other's

  /// Score, context: entries of all rows.
  std::uint32_t entries() const { return lists.row_pointers.back(); }
};

/// Whether the shapes of a command fit together: what a sender can get wrong before any operand is read.
bool is_valid(const MatrixCommand& command);

/// Reads the row list or the key lists. Returns false if the row pointers do not ascend or the lists name a key that is
/// not there.
[[nodiscard]] bool read_lists(InitiatorPort& port, const MatrixCommand& command, MatrixOperands& operands);

/// Reads the rows of A that `rows` need. Projections: one transaction per run of consecutive rows of A and panel;
/// score, context: one transaction, or, of a context with first entries, one per row.
void read_a(InitiatorPort& port, const MatrixCommand& command, mac_array_timing::RowRange rows,
            MatrixOperands& operands);

/// Reads all of B, one transaction per run of panels without gaps.
void read_b(InitiatorPort& port, const MatrixCommand& command, MatrixOperands& operands);

/// Writes C: one transaction, or, of a score with first entries, one per row.
void write_c(InitiatorPort& port, const MatrixCommand& command, const MatrixOperands& operands,
             const std::vector<std::int32_t>& c);

/// Passes B over the port once more without data: for a projection all of it, else `keys` rows.
void stream_b(InitiatorPort& port, const MatrixCommand& command, std::uint32_t keys);

}  // namespace esact
