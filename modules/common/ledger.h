#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/clock.h"

namespace esact {

/// What a unit does in a cycle (specification section 6): the stall causes stand in order of precedence.
enum class UnitState : std::uint8_t { kBusy, kInput, kSram, kDram, kQueueFull, kArray, kBarrier, kIdle };
constexpr std::size_t kUnitStates = 8;

/// Name of a state as the report spells it: busy, input, sram, dram, queue_full, array, barrier, idle.
const char* name(UnitState state);

/// Cycles per state, summed over a block's units.
using StateCycles = std::array<std::uint64_t, kUnitStates>;

/// Time sheet of a block: each of its units is in exactly one state, so that the states' cycles add up to
/// units * cycles for any interval, by construction.
class Ledger {
 public:
  /// `units` units, all idle from time 0, counting edges of `clock`.
  Ledger(const Clock& clock, std::size_t units);

  /// Unit `unit` is in `state` from now on.
  void enter(std::size_t unit, UnitState state) { enter(unit, state, sc_core::sc_time_stamp()); }

  /// The same from `since`, which lies between the unit's last entry and now: for what is known only afterwards,
  /// such as the end of a computation that a transfer outlasted.
  void enter(std::size_t unit, UnitState state, const sc_core::sc_time& since);

  /// Cycles per state since time 0 up to now.
  StateCycles totals() const;

  std::size_t units() const { return units_.size(); }
  const Clock& clock() const { return clock_; }

 private:
  struct Unit {
    UnitState state = UnitState::kIdle;
    std::uint64_t since = 0;
  };
  Clock clock_;
  std::vector<Unit> units_;
  StateCycles totals_{};
};

}  // namespace esact
