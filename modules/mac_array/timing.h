#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/commands.h"
#include "esact_interface/config.h"

/// How a matrix command is cut into slots and how many cycles a slot takes without contention (docs/mac_array.md).
namespace esact::mac_array_timing {

constexpr std::uint32_t kLineWidth = kTileColumns;  ///< multipliers of a line

constexpr std::uint64_t divide_up(std::uint64_t dividend, std::uint64_t divisor) {
  return (dividend + divisor - 1) / divisor;
}

/// True for score and context, whose rows have lists of keys.
constexpr bool has_lists(MatrixKind kind) {
  return kind == MatrixKind::kScore || kind == MatrixKind::kContext;
}

/// True for the kinds that belong to one head's attention: query, key and value, score, context.
constexpr bool is_attention(MatrixKind kind) {
  return has_lists(kind) || kind == MatrixKind::kQuery || kind == MatrixKind::kKeyValue;
}

/// Score and context: elements of a row of B, the head width.
constexpr std::uint32_t head_width(const MatrixCommand& command) {
  return command.kind == MatrixKind::kScore ? command.depth : command.columns;
}

/// Rows of a full slot. Projections: lines_per_group * max(1, floor(64 / columns)); score, context: lines_per_group.
constexpr std::uint32_t slot_rows(const MacArrayConfig& config, const MatrixCommand& command) {
  const std::uint32_t lines = config.lines / config.groups;
  return has_lists(command.kind) ? lines : lines * std::max(1u, kLineWidth / command.columns);
}

/// Slots of a command: ceil(rows / slot_rows).
constexpr std::uint32_t slot_count(const MacArrayConfig& config, const MatrixCommand& command) {
  return static_cast<std::uint32_t>(divide_up(command.rows, slot_rows(config, command)));
}

/// Rows `first` up to but not including `end` of a command.
struct RowRange {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

/// Rows of slot `slot`; the last one may be short.
constexpr RowRange rows_of_slot(const MacArrayConfig& config, const MatrixCommand& command, std::uint32_t slot) {
  const std::uint32_t rows = slot_rows(config, command);
  return {slot * rows, std::min(command.rows, (slot + 1) * rows)};
}

/// Cycles of any slot of a projection: depth * ceil(columns / 64).
constexpr std::uint64_t projection_cycles(const MatrixCommand& command) {
  return command.depth * divide_up(command.columns, kLineWidth);
}

/// Score, context: cycles of a row of `entries` entries at head width w: ceil(entries / floor(64 / w)) if w <= 64, else
/// entries * ceil(w / 64).
constexpr std::uint64_t row_cycles(const MatrixCommand& command, std::uint32_t entries) {
  const std::uint32_t width = head_width(command);
  return width <= kLineWidth ? divide_up(entries, kLineWidth / width) : entries * divide_up(width, kLineWidth);
}

/// The lists of a score or context command: entries of row r are `columns[row_pointers[r]]` up to `row_pointers[r+1]`.
struct KeyLists {
  std::vector<std::uint32_t> row_pointers;
  std::vector<std::uint16_t> columns;
};

/// Cycles of a slot of a score or context command: its longest row's, at least 1.
std::uint64_t attention_cycles(const MatrixCommand& command, const KeyLists& lists, RowRange rows);

/// Distinct keys in the lists of `rows` that are not in the lists of `covered`.
std::uint32_t new_keys(const MatrixCommand& command, const KeyLists& lists, RowRange rows, RowRange covered);

}  // namespace esact::mac_array_timing
