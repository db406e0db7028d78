#include "mac_array/operands.h"

#include <algorithm>
#include <cstring>

namespace esact {
namespace {

using mac_array_timing::has_lists;
using mac_array_timing::head_width;
using mac_array_timing::RowRange;

std::uint32_t panel_count(const PanelMatrix& matrix) {
  return static_cast<std::uint32_t>(mac_array_timing::divide_up(matrix.columns, matrix.panel_columns));
}

std::uint32_t panel_width(const PanelMatrix& matrix, std::uint32_t panel) {
  return std::min(matrix.panel_columns, matrix.columns - panel * matrix.panel_columns);
}

/// Reads `count` consecutive rows of A from `source` on to rows `row`.. of the row-major operand.
void read_run(InitiatorPort& port, const MatrixCommand& command, std::uint32_t source, std::uint32_t row,
              std::uint32_t count, MatrixOperands& operands) {
  const PanelMatrix& a = command.a;
  std::uint8_t* const target = operands.a.data() + std::size_t{row} * command.depth;
  if (panel_count(a) == 1) {
    port.read(a.address + std::uint64_t{source} * a.columns, target, std::size_t{count} * a.columns);
    return;
  }
  std::vector<std::uint8_t> panel_rows(std::size_t{count} * a.panel_columns);
  for (std::uint32_t panel = 0; panel < panel_count(a); ++panel) {
    const std::uint32_t width = panel_width(a, panel);
    port.read(a.address + panel * a.panel_stride + std::uint64_t{source} * width, panel_rows.data(),
              std::size_t{count} * width);
    for (std::uint32_t i = 0; i < count; ++i) {
      std::memcpy(target + std::size_t{i} * command.depth + std::size_t{panel} * a.panel_columns,
                  panel_rows.data() + std::size_t{i} * width, width);
    }
  }
}

/// A of a context: the weights of the rows' entries.
void read_weights(InitiatorPort& port, const MatrixCommand& command, RowRange rows, MatrixOperands& operands) {
  const std::vector<std::uint32_t>& pointers = operands.lists.row_pointers;
  if (operands.first_entries.empty()) {
    const std::uint32_t first = pointers[rows.first];
    port.read(command.a.address + first, operands.a.data() + first, pointers[rows.end] - first);
    return;
  }
  for (std::uint32_t row = rows.first; row < rows.end; ++row) {
    port.read(command.a.address + operands.first_entries[row], operands.a.data() + pointers[row],
              pointers[row + 1] - pointers[row]);
  }
}

/// Calls `access(address, offset, bytes)` for each run of B's panels that lie one after another.
template <class Access>
void for_each_run(const MatrixCommand& command, Access access) {
  const PanelMatrix& b = command.b;
  const std::size_t panel_bytes = std::size_t{command.depth} * b.panel_columns;
  const std::size_t bytes = std::size_t{command.depth} * b.columns;
  if (panel_count(b) == 1 || b.panel_stride == panel_bytes) return access(b.address, std::size_t{0}, bytes);
  for (std::uint32_t panel = 0; panel < panel_count(b); ++panel) {
    access(b.address + panel * b.panel_stride, panel * panel_bytes, std::size_t{command.depth} * panel_width(b, panel));
  }
}

}  // namespace

bool is_valid(const MatrixCommand& command) {
  const bool has_width = command.kind == MatrixKind::kScore || command.columns > 0;
  const bool has_depth = command.kind == MatrixKind::kContext || (command.depth > 0 && command.depth <= kTileDepth);
  if (command.kind > MatrixKind::kFfn2 || !has_width || !has_depth) return false;
  const bool scattered = command.kind == MatrixKind::kScore && command.first_entries != kNoAddress;
  if (has_lists(command.kind)) return !(scattered && command.accumulate != 0);
  return command.a.columns == command.depth && command.a.panel_columns > 0 && command.b.columns == command.columns &&
         command.b.panel_columns > 0;
}

bool read_lists(InitiatorPort& port, const MatrixCommand& command, MatrixOperands& operands) {
  if (!has_lists(command.kind)) {
    operands.row_list.resize(command.row_list == kNoAddress ? 0 : command.rows);
    port.read(command.row_list, operands.row_list.data(), operands.row_list.size() * sizeof(std::uint16_t));
    return true;
  }
  auto& [row_pointers, columns] = operands.lists;
  row_pointers.resize(std::size_t{command.rows} + 1);
  const std::size_t pointer_bytes = row_pointers.size() * sizeof(std::uint32_t);
  port.read(command.lists, row_pointers.data(), pointer_bytes);
  if (row_pointers.front() != 0 || !std::is_sorted(row_pointers.begin(), row_pointers.end()) ||
      row_pointers.back() > std::uint64_t{command.rows} * command.keys) {
    return false;
  }
  columns.resize(operands.entries());
  port.read(command.lists + pointer_bytes, columns.data(), columns.size() * sizeof(std::uint16_t));
  operands.first_entries.resize(command.first_entries == kNoAddress ? 0 : command.rows);
  port.read(command.first_entries, operands.first_entries.data(),
            operands.first_entries.size() * sizeof(std::uint32_t));
  return std::all_of(columns.begin(), columns.end(), [&](std::uint16_t key) { return key < command.keys; });
}

void read_a(InitiatorPort& port, const MatrixCommand& command, RowRange rows, MatrixOperands& operands) {
  if (command.kind == MatrixKind::kContext) return read_weights(port, command, rows, operands);
  if (command.kind == MatrixKind::kScore) {
    const std::size_t first = std::size_t{rows.first} * command.depth;
    port.read(command.a.address + first, operands.a.data() + first, std::size_t{rows.end - rows.first} * command.depth);
    return;
  }
  const auto source = [&](std::uint32_t row) { return operands.row_list.empty() ? row : operands.row_list[row]; };
  for (std::uint32_t row = rows.first; row < rows.end;) {
    std::uint32_t end = row + 1;
    while (end < rows.end && source(end) == source(row) + (end - row)) ++end;
    read_run(port, command, source(row), row, end - row, operands);
    row = end;
  }
}

void read_b(InitiatorPort& port, const MatrixCommand& command, MatrixOperands& operands) {
  if (has_lists(command.kind)) {
    operands.b.resize(std::size_t{command.keys} * head_width(command));
    port.read(command.b.address, operands.b.data(), operands.b.size());
    return;
  }
  operands.b.resize(std::size_t{command.depth} * command.columns);
  for_each_run(command, [&](std::uint64_t address, std::size_t offset, std::size_t bytes) {
    port.read(address, operands.b.data() + offset, bytes);
  });
}

void stream_b(InitiatorPort& port, const MatrixCommand& command, std::uint32_t keys) {
  if (has_lists(command.kind)) return port.stream(command.b.address, std::size_t{keys} * head_width(command));
  for_each_run(command, [&](std::uint64_t address, std::size_t, std::size_t bytes) { port.stream(address, bytes); });
}

void write_c(InitiatorPort& port, const MatrixCommand& command, const MatrixOperands& operands,
             const std::vector<std::int32_t>& c) {
  if (command.kind != MatrixKind::kScore || operands.first_entries.empty()) {
    return port.write(command.c, c.data(), c.size() * sizeof(std::int32_t));
  }
  const std::vector<std::uint32_t>& pointers = operands.lists.row_pointers;
  for (std::uint32_t row = 0; row < command.rows; ++row) {
    port.write(command.c + operands.first_entries[row] * sizeof(std::int32_t), c.data() + pointers[row],
               (pointers[row + 1] - pointers[row]) * sizeof(std::int32_t));
  }
}

}  // namespace esact
