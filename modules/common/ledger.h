#pragma once

#include <cstdint>
#include <vector>

#include "common/clock.h"
#include "esact_interface/unit_state.h"

namespace esact {

/// Time sheet of a block: each of its units is in exactly one state, so that the states' cycles add up to
/// units * cycles for any interval, by construction.
class Ledger {
 public:
  /// `units` units, all idle from time 0, counting edges of `clock`.
  Ledger(const Clock& clock, std::size_t units);

  /// Unit `unit` is in `state` from now on.
  void enter(std::size_t unit, UnitState state) { enter(unit, state, sc_core::sc_time_stamp()); }

  /// The same from `since`, which lies between the unit's last entry and now: for what is known only afterwards,
  /// such as the end of a computation that a transfer outlasted. Before the last entry is an SC_REPORT_FATAL.
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
