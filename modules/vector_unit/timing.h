#pragma once

#include <cstddef>
#include <cstdint>

#include "common/commands.h"
#include "esact_interface/config.h"

/// Cycles of a vector command without contention (docs/vector_unit.md).
namespace esact::vector_unit_timing {

/// Passes per element of a kind; layer norm and a quantised result of layer_norm and residual add to them.
constexpr std::uint32_t kPasses[] = {
    1,  // quantise
    3,  // layer_norm
    1,  // requantise
    3,  // softmax
    2,  // context
    2,  // activate
    1,  // scatter_add
    1,  // residual
};
constexpr std::uint32_t kNormPasses = 3;

/// Passes per element: the table's; layer_norm + 1 where x is wanted; residual + 3 with a layer norm, + 1 where x is
/// wanted.
constexpr std::uint32_t passes(const VectorCommand& command) {
  std::uint32_t passes = kPasses[static_cast<std::size_t>(command.kind)];
  const bool residual = command.kind == VectorKind::kResidual;
  if (residual && command.norm.gamma != kNoAddress) passes += kNormPasses;
  if ((residual || command.kind == VectorKind::kLayerNorm) && command.out.address != kNoAddress) ++passes;
  return passes;
}

/// Cycles from the start of a command to the end of its computation: passes * ceil(elements / lanes) + pipeline_cycles.
/// `elements`: rows * width; softmax: entries of the lists.
constexpr std::uint64_t compute_cycles(const VectorUnitConfig& config, const VectorCommand& command,
                                       std::uint64_t elements) {
  return passes(command) * ((elements + config.lanes - 1) / config.lanes) + config.pipeline_cycles;
}

}  // namespace esact::vector_unit_timing
