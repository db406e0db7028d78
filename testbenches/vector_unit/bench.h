#pragma once

#include "support/command_bench.h"
#include "vector_unit/vector_unit.h"

namespace esact {

/// A vector unit beside an SRAM.
class VectorUnitBench : public CommandBench<VectorCommand> {
 public:
  explicit VectorUnitBench(const VectorUnitConfig& config = {}, const TlmConfig& tlm = {},
                           sc_core::sc_module_name name = "bench")
      : CommandBench(tlm, name), unit("vector_unit", config, tlm, clock) {
    links.bind(unit.memory, sram.memory);
    links.bind(sender, unit.command);
  }

  /// Random parameters that bring values of `bits` bits to about int8.
  ScaleParameters scale(std::uint32_t width, int bits, unsigned seed) {
    return {place(random_values<std::int32_t>(width, 0, 1 << 16, seed)),
            place(random_values<std::uint8_t>(width, 8 + bits, 10 + bits, seed + 1))};
  }

  NormParameters norm(std::uint32_t width, unsigned seed) {
    return {place(random_values<std::int32_t>(width, -30000, 30000, seed)),
            place(random_values<std::int32_t>(width, -100000, 100000, seed + 1)), 14, 1000};
  }

  /// int32 values of at most `magnitude`.
  std::uint64_t words(std::size_t count, std::int32_t magnitude, unsigned seed) {
    return place(random_values<std::int32_t>(count, -magnitude, magnitude, seed));
  }

  PanelMatrix bytes(std::uint32_t rows, std::uint32_t width) {
    return {reserve(std::size_t{rows} * width), 0, width, width};
  }

  /// A command of `kind` with random operands, every optional part given; one panel of accumulators and results.
  VectorCommand random_command(VectorKind kind, std::uint32_t rows, std::uint32_t width) {
    const std::size_t elements = std::size_t{rows} * width;
    VectorCommand command;
    command.kind = kind;
    command.rows = rows;
    command.width = width;
    command.in = words(elements, 1 << 20, 1);
    command.scale = scale(width, 14, 2);
    command.out = bytes(rows, width);
    switch (kind) {
      case VectorKind::kLayerNorm:
        command.norm = norm(width, 4);
        command.h_out = reserve(elements * 4);
        break;
      case VectorKind::kRequantise:
        command.bias = words(width, 1 << 18, 6);
        break;
      case VectorKind::kContext:
        command.in = words(elements, 128 * 255, 1);
        command.sums = place(random_values<std::int32_t>(rows, 255, 4000, 7));
        command.scale = scale(width, 9, 2);
        break;
      case VectorKind::kActivate:
        command.bias = words(width, 1 << 18, 6);
        command.table = place(random_values<std::int16_t>(256, -32768, 32767, 8));
        command.scale2 = scale(width, 9, 9);
        break;
      case VectorKind::kScatterAdd:
        command.partial_rows = rows;
        command.h_out = words(elements, 1 << 20, 10);
        break;
      case VectorKind::kResidual:
        command.acc = {command.in, 0, width, width};
        command.acc_rows = rows;
        command.bias = words(width, 1 << 18, 6);
        command.h = words(elements, 1 << 20, 11);
        command.norm = norm(width, 4);
        command.scale2 = scale(width, 11, 9);
        command.h_out = reserve(elements * 4);
        break;
      case VectorKind::kQuantise:
      case VectorKind::kSoftmax:
        break;
    }
    return command;
  }

  /// A softmax over rows of the given numbers of entries.
  VectorCommand softmax(const std::vector<std::uint32_t>& entries) {
    std::vector<std::uint32_t> row_pointers{0};
    for (const std::uint32_t count : entries) row_pointers.push_back(row_pointers.back() + count);
    VectorCommand command;
    command.kind = VectorKind::kSoftmax;
    command.rows = static_cast<std::uint32_t>(entries.size());
    command.in = words(row_pointers.back(), 20000, 12);
    command.lists = place(row_pointers);
    command.scale = {place(std::vector<std::int32_t>{12345}), place(std::vector<std::uint8_t>{16})};
    command.out.address = reserve(row_pointers.back());
    command.sums = reserve(entries.size() * 4);
    return command;
  }

  VectorUnit unit;
};

}  // namespace esact
