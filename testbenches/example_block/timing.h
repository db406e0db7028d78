#pragma once

#include "example_block/row_maximum_command.h"

/// Cycles of a row maximum command without contention.
namespace esact::row_maximum_timing {

/// From the start of a command to the end of its computation: ceil(rows * width / lanes) + pipeline_cycles.
constexpr std::uint64_t compute_cycles(const RowMaximumConfig& config, const RowMaximumCommand& command) {
  const std::uint64_t elements = std::uint64_t{command.rows} * command.width;
  return (elements + config.lanes - 1) / config.lanes + config.pipeline_cycles;
}

}  // namespace esact::row_maximum_timing
