#pragma once

#include "esact_interface/tensor_tap.h"
#include "vector_unit/operands.h"

namespace esact {

/// Publishes the tensors of docs/numerics.md that one vector command made: x (quantise, layer_norm), h_out (layer_norm
/// without x), context and z, hidden and y, and of a residual output, h_mid and x1 where x is wanted, else increment
/// and h_out. `tokens`: index in the batch of each row.
void publish(TensorPort& tensors, const VectorCommand& command, const VectorOperands& operands,
             const VectorResult& result, const std::vector<std::uint32_t>& tokens);

}  // namespace esact
