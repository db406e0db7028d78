#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace esact {

/// What a unit does in a cycle (specification section 6): the stall causes stand in order of precedence.
enum class UnitState : std::uint8_t { kBusy, kInput, kSram, kDram, kQueueFull, kArray, kBarrier, kIdle };
constexpr std::size_t kUnitStates = 8;

/// Name of a state as the report spells it: busy, input, sram, dram, queue_full, array, barrier, idle.
const char* name(UnitState state);

/// Cycles per state, summed over a block's units.
using StateCycles = std::array<std::uint64_t, kUnitStates>;

}  // namespace esact
