#pragma once

#include "mac_array/mac_array.h"
#include "support/command_bench.h"

namespace esact {

/// A MAC array beside an SRAM.
class MacArrayBench : public CommandBench<MatrixCommand> {
 public:
  explicit MacArrayBench(const MacArrayConfig& config = {}, const TlmConfig& tlm = {},
                         sc_core::sc_module_name name = "bench")
      : CommandBench(tlm, name), array("mac_array", config, tlm, clock) {
    for (InitiatorPort& port : array.memory) links.bind(port, sram.memory);
    links.bind(array.result, sram.memory);
    links.bind(sender, array.command);
  }

  /// A projection of random operands, A and B of one panel, with a place for C.
  MatrixCommand projection(std::uint32_t rows, std::uint32_t depth, std::uint32_t columns,
                           MatrixKind kind = MatrixKind::kOutput) {
    MatrixCommand command;
    command.kind = kind;
    command.rows = rows;
    command.depth = depth;
    command.columns = columns;
    command.a = {place(random_values<std::int8_t>(std::size_t{rows} * depth, -128, 127, 1)), 0, depth, depth};
    command.b = {place(random_values<std::int8_t>(std::size_t{depth} * columns, -128, 127, 2)), 0, columns, columns};
    command.c = reserve(std::size_t{rows} * columns * 4);
    return command;
  }

  /// A score or context command of random operands at head width `width`, where row r lists the first `entries[r]`
  /// keys.
  MatrixCommand attention(MatrixKind kind, std::uint32_t width, std::uint32_t keys,
                          const std::vector<std::uint32_t>& entries) {
    std::vector<std::uint32_t> lists{0};
    std::vector<std::uint16_t> columns;
    for (const std::uint32_t count : entries) {
      for (std::uint32_t key = 0; key < count; ++key) columns.push_back(static_cast<std::uint16_t>(key));
      lists.push_back(static_cast<std::uint32_t>(columns.size()));
    }
    return attention(kind, width, keys, lists, columns);
  }

  MatrixCommand attention(MatrixKind kind, std::uint32_t width, std::uint32_t keys,
                          const std::vector<std::uint32_t>& row_pointers, const std::vector<std::uint16_t>& columns) {
    const bool score = kind == MatrixKind::kScore;
    MatrixCommand command;
    command.kind = kind;
    command.rows = static_cast<std::uint32_t>(row_pointers.size() - 1);
    command.depth = score ? width : 0;
    command.columns = score ? 0 : width;
    command.keys = keys;
    const std::size_t a_size = score ? std::size_t{command.rows} * width : columns.size();
    command.a.address = place(random_values<std::uint8_t>(a_size, 0, 255, 3));
    command.b.address = place(random_values<std::int8_t>(std::size_t{keys} * width, -128, 127, 4));
    std::vector<std::uint8_t> lists(row_pointers.size() * 4 + columns.size() * 2);
    std::memcpy(lists.data(), row_pointers.data(), row_pointers.size() * 4);
    if (!columns.empty()) std::memcpy(lists.data() + row_pointers.size() * 4, columns.data(), columns.size() * 2);
    command.lists = place(lists);
    command.c = reserve((score ? columns.size() : std::size_t{command.rows} * width) * 4);
    return command;
  }

  MacArray array;
};

}  // namespace esact
