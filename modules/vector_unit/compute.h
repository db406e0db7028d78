#pragma once

#include "vector_unit/operands.h"

namespace esact {

/// Computes the values of one vector command; `observe`: also what only the tensor tap shows. Returns false if a value
/// does not fit int32 (docs/numerics.md); the result is then of no use.
[[nodiscard]] bool compute(const VectorCommand& command, const VectorOperands& operands, bool observe,
                           VectorResult& result);

}  // namespace esact
