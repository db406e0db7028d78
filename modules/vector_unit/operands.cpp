#include "vector_unit/operands.h"

#include <algorithm>
#include <cstring>

namespace esact {
namespace {

template <class Value>
void read_array(InitiatorPort& port, std::uint64_t address, std::size_t count, std::vector<Value>& values) {
  values.resize(address == kNoAddress ? 0 : count);
  port.read(address, values.data(), values.size() * sizeof(Value));
}

void read_scale(InitiatorPort& port, const ScaleParameters& parameters, std::size_t count, ScaleValues& values) {
  read_array(port, parameters.multiplier, count, values.multiplier);
  read_array(port, parameters.shift, count, values.shift);
}

/// Calls `visit(panel, first column, width)` for each panel of a matrix.
template <class Visit>
void for_each_panel(const PanelMatrix& matrix, Visit visit) {
  std::uint32_t panel = 0;
  for (std::uint32_t first = 0; first < matrix.columns; first += matrix.panel_columns) {
    visit(panel++, first, std::min(matrix.panel_columns, matrix.columns - first));
  }
}

/// Reads the range of accumulator rows that the command spans and puts them in the order of its rows.
void read_accumulators(InitiatorPort& port, const VectorCommand& command, VectorOperands& operands) {
  operands.in.resize(std::size_t{command.rows} * command.width);
  if (command.rows == 0) return;
  std::uint32_t first_row = UINT32_MAX;
  std::uint32_t last_row = 0;
  for (std::uint32_t row = 0; row < command.rows; ++row) {
    first_row = std::min(first_row, accumulator_row(command, operands, row));
    last_row = std::max(last_row, accumulator_row(command, operands, row));
  }
  std::vector<std::int32_t> panel_rows;
  for_each_panel(command.acc, [&](std::uint32_t panel, std::uint32_t first, std::uint32_t width) {
    const std::uint64_t offset = std::uint64_t{first_row} * width * sizeof(std::int32_t);
    read_array(port, command.acc.address + panel * command.acc.panel_stride + offset,
               (std::size_t{last_row - first_row} + 1) * width, panel_rows);
    for (std::uint32_t row = 0; row < command.rows; ++row) {
      const std::size_t source = accumulator_row(command, operands, row) - first_row;
      std::copy_n(panel_rows.data() + source * width, width,
                  operands.in.data() + std::size_t{row} * command.width + first);
    }
  });
}

void write_panels(InitiatorPort& port, const VectorCommand& command, const VectorResult& result) {
  const auto target = [&](std::uint32_t row) { return result.out_rows.empty() ? row : result.out_rows[row]; };
  std::vector<std::int8_t> run;
  for_each_panel(command.out, [&](std::uint32_t panel, std::uint32_t first, std::uint32_t width) {
    for (std::uint32_t row = 0; row < command.rows;) {
      const std::uint32_t first_target = target(row);
      run.clear();
      std::uint32_t end = row;
      for (; end < command.rows && target(end) == first_target + (end - row); ++end) {
        const std::int8_t* values = result.out.data() + std::size_t{end} * command.width + first;
        run.insert(run.end(), values, values + width);
      }
      port.write(command.out.address + panel * command.out.panel_stride + std::uint64_t{first_target} * width,
                 run.data(), run.size());
      row = end;
    }
  });
}

bool lists_are_valid(const VectorCommand& command, const VectorOperands& operands) {
  if (command.kind == VectorKind::kSoftmax) {
    const auto& pointers = operands.row_pointers;
    return !pointers.empty() && pointers.front() == 0 && std::is_sorted(pointers.begin(), pointers.end());
  }
  std::uint32_t rows = UINT32_MAX;
  if (command.kind == VectorKind::kScatterAdd) rows = command.partial_rows;
  if (command.kind == VectorKind::kResidual) rows = command.acc_rows;
  if (operands.row_list.empty()) return command.first_acc_row <= rows && command.rows <= rows - command.first_acc_row;
  return std::all_of(operands.row_list.begin(), operands.row_list.end(), [&](std::uint16_t row) { return row < rows; });
}

bool given(const ScaleParameters& scale) {
  return scale.multiplier != kNoAddress && scale.shift != kNoAddress;
}

bool given(const NormParameters& norm) {
  return norm.gamma != kNoAddress && norm.beta != kNoAddress;
}

bool given(const PanelMatrix& matrix, std::uint32_t width) {
  return matrix.address != kNoAddress && matrix.columns == width && matrix.panel_columns > 0;
}

}  // namespace

bool is_valid(const VectorCommand& command) {
  const bool in = command.in != kNoAddress;
  const bool sums = command.sums != kNoAddress;
  const bool x_unwanted = command.out.address == kNoAddress;
  const bool out = given(command.out, command.width);
  switch (command.kind) {
    case VectorKind::kQuantise:
    case VectorKind::kRequantise:
      return in && out && given(command.scale);
    case VectorKind::kLayerNorm:
      return in && given(command.norm) && (x_unwanted || (out && given(command.scale)));
    case VectorKind::kSoftmax:
      return in && sums && !x_unwanted && command.lists != kNoAddress && given(command.scale);
    case VectorKind::kContext:
      return in && sums && out && given(command.scale);
    case VectorKind::kActivate:
      return in && out && command.table != kNoAddress && given(command.scale) && given(command.scale2);
    case VectorKind::kScatterAdd:
      return in && command.h_out != kNoAddress;
    case VectorKind::kResidual:
      return given(command.acc, command.width) && command.h != kNoAddress && given(command.scale) &&
             (command.norm.gamma == kNoAddress || given(command.norm)) &&
             (x_unwanted || (out && given(command.scale2)));
  }
  return false;
}

std::uint32_t accumulator_row(const VectorCommand& command, const VectorOperands& operands, std::uint32_t row) {
  return operands.row_list.empty() ? command.first_acc_row + row : operands.row_list[row];
}

std::uint64_t element_count(const VectorCommand& command, const VectorOperands& operands) {
  if (command.kind == VectorKind::kSoftmax) return operands.row_pointers.back();
  return std::uint64_t{command.rows} * command.width;
}

bool read_operands(InitiatorPort& port, const VectorCommand& command, VectorOperands& operands) {
  const VectorKind kind = command.kind;
  const bool softmax = kind == VectorKind::kSoftmax;
  const std::size_t width = softmax ? 1 : command.width;
  read_array(port, softmax ? command.lists : kNoAddress, std::size_t{command.rows} + 1, operands.row_pointers);
  read_array(port, command.row_list, command.rows, operands.row_list);
  if (!lists_are_valid(command, operands)) return false;

  const std::size_t elements = element_count(command, operands);
  if (kind == VectorKind::kResidual) {
    read_accumulators(port, command, operands);
    read_array(port, command.h, elements, operands.target);
  } else {
    const bool scatter_add = kind == VectorKind::kScatterAdd;
    read_array(port, command.in, scatter_add ? command.partial_rows * width : elements, operands.in);
    read_array(port, scatter_add && command.clear == 0 ? command.h_out : kNoAddress, elements, operands.target);
    if (scatter_add) operands.target.resize(elements);
  }
  read_array(port, kind == VectorKind::kContext ? command.sums : kNoAddress, command.rows, operands.sums);
  read_array(port, command.bias, width, operands.bias);
  read_scale(port, command.scale, width, operands.scale);
  read_scale(port, command.scale2, width, operands.scale2);
  read_array(port, command.table, 256, operands.table);
  read_array(port, command.norm.gamma, width, operands.gamma);
  read_array(port, command.norm.beta, width, operands.beta);
  return true;
}

void write_result(InitiatorPort& port, const VectorCommand& command, const VectorResult& result) {
  if (command.kind == VectorKind::kSoftmax) {
    port.write(command.out.address, result.out.data(), result.out.size());
    port.write(command.sums, result.sums.data(), result.sums.size() * sizeof(std::int32_t));
    return;
  }
  if (command.out.address != kNoAddress && !result.out.empty()) write_panels(port, command, result);
  if (command.h_out != kNoAddress) {
    port.write(command.h_out, result.h_out.data(), result.h_out.size() * sizeof(std::int32_t));
  }
}

}  // namespace esact
