#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/commands.h"
#include "sparse_attention_engine/scratch.h"
#include "support/command_bench.h"

namespace esact {

using Rows = std::vector<std::uint16_t>;

/// What a head keeps: the columns of each row, and how far before each row its representative lies.
struct Selection {
  bool causal = false;
  std::uint32_t window = 8;
  std::vector<Rows> kept;
  std::vector<std::uint8_t> distance;

  std::uint32_t tokens() const { return static_cast<std::uint32_t>(kept.size()); }
  std::uint32_t windows() const { return (tokens() + window - 1) / window; }

  WindowRecord record(std::uint16_t slot, std::uint32_t index) const {
    WindowRecord record;
    record.slot = slot;
    record.window = static_cast<std::uint16_t>(index);
    record.first_row = static_cast<std::uint16_t>(index * window);
    record.rows = static_cast<std::uint16_t>(std::min(window, tokens() - record.first_row));
    for (std::uint32_t row = 0; row < record.rows; ++row) {
      if (distance[record.first_row + row] == 0) record.critical_rows |= std::uint64_t{1} << row;
    }
    return record;
  }

  /// The mask as it lies in SRAM, rows of `stride` bytes.
  std::vector<std::uint8_t> mask(std::uint32_t stride) const {
    std::vector<std::uint8_t> mask(std::size_t{tokens()} * stride);
    for (std::uint32_t row = 0; row < tokens(); ++row) {
      for (const std::uint16_t column : kept[row]) {
        mask[row * stride + column / 8] |= static_cast<std::uint8_t>(1 << column % 8);
      }
    }
    return mask;
  }
};

/// About `share` in 16 of the valid columns and always the row's own; half of a window's later rows are similar.
inline Selection random_selection(std::uint32_t tokens, std::uint32_t window, bool causal, int share, unsigned seed) {
  const auto draw = random_values<int>(std::size_t{tokens} * tokens, 0, 15, seed);
  const auto similar = random_values<std::uint32_t>(tokens, 0, 99, seed + 1);
  Selection selection{causal, window, std::vector<Rows>(tokens), std::vector<std::uint8_t>(tokens)};
  std::vector<std::uint32_t> critical;  // rows of the present window
  for (std::uint32_t row = 0; row < tokens; ++row) {
    if (row % window == 0) critical.clear();
    if (critical.empty() || similar[row] % 2 == 0) {
      critical.push_back(row);
    } else {
      selection.distance[row] = static_cast<std::uint8_t>(row - critical[similar[row] % critical.size()]);
    }
    for (std::uint32_t column = 0; column < (causal ? row + 1 : tokens); ++column) {
      if (column == row || draw[row * tokens + column] < share) {
        selection.kept[row].push_back(static_cast<std::uint16_t>(column));
      }
    }
  }
  return selection;
}

/// Every row is critical and keeps every valid column.
inline Selection everything(std::uint32_t tokens, bool causal) {
  Selection selection = random_selection(tokens, 64, causal, 16, 1);
  selection.distance.assign(tokens, 0);
  return selection;
}

/// How a head is given to the engine.
struct HeadForm {
  std::uint32_t width = 16;
  std::uint32_t head_width = 8;
  std::uint32_t workers = 6;
  bool dense = false;     ///< no mask and no representatives
  bool streamed = false;  ///< x is in the system's memory, at an address that the test gives
  bool spilled = false;   ///< so are keys and values
};

/// The command of a head of `selection`, with its buffers in SRAM; x, weights and parameters are the test's.
inline AttendCommand place_head(CommandBench<AttendCommand>& bench, const Selection& selection, std::uint16_t slot,
                                const HeadForm& form) {
  AttendCommand head;
  head.work = {1, 0, slot, 0};
  head.slot = slot;
  head.causal = selection.causal;
  head.tokens = selection.tokens();
  head.windows = selection.windows();
  head.width = form.width;
  head.head_width = form.head_width;
  const std::size_t bytes = std::size_t{head.tokens} * form.head_width;
  if (!form.spilled) {
    head.keys = bench.reserve(bytes);
    head.values = bench.reserve(bytes);
  }
  head.z = bench.reserve(bytes);
  const EngineScratch scratch(head.tokens, form.head_width, form.streamed ? form.width : 0, form.spilled);
  head.scratch_stride = static_cast<std::uint32_t>(scratch.bytes);
  head.workers = form.workers;
  head.scratch = bench.reserve(std::size_t{head.scratch_stride} * form.workers);
  if (form.dense) return head;
  head.mask_stride = (head.tokens + 7) / 8;
  head.mask = bench.place(selection.mask(head.mask_stride));
  head.representative = bench.place(selection.distance);
  return head;
}

}  // namespace esact
