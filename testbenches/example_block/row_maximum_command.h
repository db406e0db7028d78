#pragma once

#include <cstdint>
#include <type_traits>

#include "common/commands.h"

namespace esact {

/// row_maximum: the largest magnitude of each row.
struct RowMaximumCommand {
  WorkId work;
  std::uint32_t rows = 0;
  std::uint32_t width = 0;
  std::uint64_t in = kNoAddress;   ///< int32 [rows, width]
  std::uint64_t out = kNoAddress;  ///< uint32 [rows]
};
static_assert(std::is_trivially_copyable_v<RowMaximumCommand>);

/// Row maximum unit (`row_maximum.*`).
struct RowMaximumConfig {
  std::uint32_t lanes = 64;           ///< elements compared per cycle
  std::uint32_t pipeline_cycles = 4;  ///< latency of one command
  std::uint32_t port_bytes = 256;     ///< bytes per cycle between the unit and the SRAM
  std::uint32_t queue_depth = 4;
};

}  // namespace esact
