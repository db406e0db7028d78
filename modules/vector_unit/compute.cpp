#include "vector_unit/compute.h"

#include <algorithm>

#include "kernels/activation.h"
#include "kernels/fixed_point.h"
#include "kernels/layer_norm.h"
#include "kernels/softmax.h"

namespace esact {
namespace {

using kernels::MatrixView;

template <class Value>
MatrixView<const Value> view(const VectorCommand& command, const std::vector<Value>& values) {
  return {values.data(), command.rows, command.width};
}

/// Gives `values` the shape of the command's rows and returns a view of them.
template <class Value>
MatrixView<Value> make(const VectorCommand& command, std::vector<Value>& values) {
  values.resize(std::size_t{command.rows} * command.width);
  return {values.data(), command.rows, command.width};
}

const std::int32_t* bias(const VectorOperands& operands) {
  return operands.bias.empty() ? nullptr : operands.bias.data();
}

void quantise(const VectorCommand& command, MatrixView<const std::int32_t> values, const std::int32_t* bias,
              const ScaleValues& scale, std::vector<std::int8_t>& out) {
  kernels::requantise_rows(values, bias, scale.multiplier.data(), scale.shift.data(), make(command, out));
}

bool layer_norm(const VectorCommand& command, const VectorOperands& operands, MatrixView<const std::int32_t> values,
                MatrixView<std::int32_t> out) {
  const kernels::LayerNormParameters parameters{operands.gamma.data(), operands.beta.data(), command.norm.shift,
                                                command.norm.epsilon};
  for (std::size_t row = 0; row < values.rows; ++row) {
    if (!kernels::layer_norm(values.row(row), values.columns, parameters, out.row(row))) return false;
  }
  return true;
}

bool normalise(const VectorCommand& command, const VectorOperands& operands, VectorResult& result) {
  const MatrixView<std::int32_t> normalised = make(command, result.h_out);
  if (!layer_norm(command, operands, view(command, operands.in), normalised)) return false;
  if (command.out.address != kNoAddress) quantise(command, normalised, nullptr, operands.scale, result.out);
  return true;
}

void softmax(const VectorCommand& command, const VectorOperands& operands, VectorResult& result) {
  result.out.resize(operands.in.size());
  result.sums.assign(command.rows, 0);
  auto* const weights = reinterpret_cast<std::uint8_t*>(result.out.data());
  for (std::uint32_t row = 0; row < command.rows; ++row) {
    const std::uint32_t first = operands.row_pointers[row];
    const std::uint32_t count = operands.row_pointers[row + 1] - first;
    if (count == 0) continue;
    kernels::softmax_weights(operands.in.data() + first, count, operands.scale.multiplier[0], operands.scale.shift[0],
                             weights + first, &result.sums[row]);
  }
}

void divide(const VectorCommand& command, const VectorOperands& operands, VectorResult& result) {
  const MatrixView<std::int32_t> context = make(command, result.observed);
  const MatrixView<std::int8_t> z = make(command, result.out);
  for (std::uint32_t row = 0; row < command.rows; ++row) {
    kernels::divide_context(view(command, operands.in).row(row), std::max(1, operands.sums[row]), command.width,
                            operands.scale.multiplier.data(), operands.scale.shift.data(), context.row(row),
                            z.row(row));
  }
  result.out_rows = operands.row_list;
}

void activate(const VectorCommand& command, const VectorOperands& operands, VectorResult& result) {
  quantise(command, view(command, operands.in), bias(operands), operands.scale, result.hidden);
  kernels::activate_rows(view(command, result.hidden), operands.table.data(), operands.scale2.multiplier.data(),
                         operands.scale2.shift.data(), make(command, result.out));
}

bool scatter_add(const VectorCommand& command, const VectorOperands& operands, VectorResult& result) {
  const MatrixView<std::int32_t> sum = make(command, result.h_out);
  const MatrixView<const std::int32_t> target = view(command, operands.target);
  const MatrixView<const std::int32_t> partial(operands.in.data(), command.partial_rows, command.width);
  bool fits = true;
  for (std::uint32_t row = 0; row < command.rows; ++row) {
    fits &= kernels::add_rows(target.block(row, 0, 1, command.width),
                              partial.block(operands.listed(row), 0, 1, command.width),
                              sum.block(row, 0, 1, command.width));
  }
  return fits;
}

/// What the tap shows of a residual's accumulators: with their bias, and rescaled where they are FFN increments.
bool observe_accumulators(const VectorCommand& command, const VectorOperands& operands, VectorResult& result) {
  const MatrixView<std::int32_t> observed = make(command, result.observed);
  const MatrixView<const std::int32_t> in = view(command, operands.in);
  if (command.out.address == kNoAddress) {
    return kernels::rescale_rows(in, bias(operands), operands.scale.multiplier.data(), operands.scale.shift.data(),
                                 observed);
  }
  for (std::size_t row = 0; row < in.rows; ++row) {
    for (std::size_t column = 0; column < in.columns; ++column) {
      const std::int32_t added = operands.bias.empty() ? 0 : operands.bias[column];
      observed(row, column) = in(row, column) + added;
    }
  }
  return true;
}

bool residual(const VectorCommand& command, const VectorOperands& operands, bool observe, VectorResult& result) {
  if (observe && !observe_accumulators(command, operands, result)) return false;
  const MatrixView<std::int32_t> sum = make(command, result.h_out);
  if (!kernels::rescale_add_rows(view(command, operands.in), bias(operands), operands.scale.multiplier.data(),
                                 operands.scale.shift.data(), view(command, operands.target), sum)) {
    return false;
  }
  const bool wants_x = command.out.address != kNoAddress;
  if (operands.gamma.empty()) {
    if (wants_x) quantise(command, sum, nullptr, operands.scale2, result.out);
    return true;
  }
  std::vector<std::int32_t> separate;
  const MatrixView<std::int32_t> normalised = command.norm_is_output != 0 ? sum : make(command, separate);
  if (!layer_norm(command, operands, sum, normalised)) return false;
  if (wants_x) quantise(command, normalised, nullptr, operands.scale2, result.out);
  return true;
}

}  // namespace

bool compute(const VectorCommand& command, const VectorOperands& operands, bool observe, VectorResult& result) {
  result.out.clear();
  result.h_out.clear();
  result.out_rows.clear();
  switch (command.kind) {
    case VectorKind::kQuantise:
      quantise(command, view(command, operands.in), nullptr, operands.scale, result.out);
      return true;
    case VectorKind::kLayerNorm:
      return normalise(command, operands, result);
    case VectorKind::kRequantise:
      quantise(command, view(command, operands.in), bias(operands), operands.scale, result.out);
      return true;
    case VectorKind::kSoftmax:
      softmax(command, operands, result);
      return true;
    case VectorKind::kContext:
      divide(command, operands, result);
      return true;
    case VectorKind::kActivate:
      activate(command, operands, result);
      return true;
    case VectorKind::kScatterAdd:
      return scatter_add(command, operands, result);
    case VectorKind::kResidual:
      return residual(command, operands, observe, result);
  }
  return false;
}

}  // namespace esact
