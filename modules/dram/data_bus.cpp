#include "dram/data_bus.h"

namespace esact {

void DataBusLedger::add(std::uint32_t channel, DramCycle start, DramCycle end) {
  std::deque<Stretch>& coming = coming_[channel];
  if (!coming.empty() && coming.back().end == start) {
    coming.back().end = end;
  } else {
    settle(channel);
    coming.push_back({start, end, false});
  }
}

void DataBusLedger::settle(std::uint32_t channel) {
  std::deque<Stretch>& coming = coming_[channel];
  const DramCycle now = ledger_.clock().cycle(sc_core::sc_time_stamp());
  while (!coming.empty() && coming.front().start <= now) {
    Stretch& stretch = coming.front();
    if (!stretch.entered) ledger_.enter(channel, UnitState::kBusy, ledger_.clock().cycles(stretch.start));
    stretch.entered = true;
    if (stretch.end > now) return;
    ledger_.enter(channel, UnitState::kIdle, ledger_.clock().cycles(stretch.end));
    coming.pop_front();
  }
}

const Ledger& DataBusLedger::ledger() {
  for (std::uint32_t channel = 0; channel < coming_.size(); ++channel) settle(channel);
  return ledger_;
}

}  // namespace esact
