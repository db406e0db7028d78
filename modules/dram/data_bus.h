#pragma once

#include <deque>
#include <vector>

#include "common/ledger.h"
#include "dram_interface/command.h"

namespace esact {

/// Ledger of the data buses of a DRAM, which learns of transfers before they happen: a unit a channel, busy while data
/// are on its bus.
class DataBusLedger {
 public:
  DataBusLedger(const Clock& clock, std::uint32_t channels) : ledger_(clock, channels), coming_(channels) {}

  /// Data occupy the bus of `channel` from cycle `start` to cycle `end`, both later than those of the transfer before.
  void add(std::uint32_t channel, DramCycle start, DramCycle end);

  /// Up to date.
  const Ledger& ledger();

 private:
  struct Stretch {
    DramCycle start;
    DramCycle end;
    bool entered;  // the ledger knows its start
  };

  void settle(std::uint32_t channel);

  Ledger ledger_;
  std::vector<std::deque<Stretch>> coming_;  // by channel, what the ledger does not know yet
};

}  // namespace esact
