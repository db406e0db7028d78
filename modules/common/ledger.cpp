#include "common/ledger.h"

namespace esact {

Ledger::Ledger(const Clock& clock, std::size_t units) : clock_(clock), units_(units) {}

void Ledger::enter(std::size_t unit, UnitState state, const sc_core::sc_time& since) {
  Unit& entry = units_[unit];
  const std::uint64_t cycle = clock_.cycle(since);
  if (cycle < entry.since) SC_REPORT_FATAL("esact/ledger", "a unit enters a state before it entered its last one");
  totals_[static_cast<std::size_t>(entry.state)] += cycle - entry.since;
  entry = {state, cycle};
}

StateCycles Ledger::totals() const {
  StateCycles totals = totals_;
  const std::uint64_t now = clock_.cycle(sc_core::sc_time_stamp());
  for (const Unit& unit : units_) totals[static_cast<std::size_t>(unit.state)] += now - unit.since;
  return totals;
}

}  // namespace esact
