#pragma once

#include <cstdint>
#include <tuple>

#include "common/clock.h"

namespace esact {

/// Cycle from which a block may take `command` of a CommandQueue: the first clock edge after its arrival. What arrives
/// in one cycle so becomes ready together, whatever the order of the processes that sent it.
template <class Command>
std::uint64_t ready_cycle(const Command& command, const Clock& clock) {
  return clock.cycle(command.arrival) + 1;
}

/// Whether a block may take `command` now.
template <class Command>
bool is_ready(const Command& command, const Clock& clock) {
  return ready_cycle(command, clock) <= clock.cycle(sc_core::sc_time_stamp());
}

/// Key by which a block orders its ready commands, least first: ready cycle, layer, sequence, head, window, kind.
template <class Command>
auto ready_order(const Command& command, const Clock& clock) {
  const auto& work = command.record.work;
  return std::make_tuple(ready_cycle(command, clock), work.layer, work.sequence, work.head, work.window,
                         command.record.kind);
}

}  // namespace esact
