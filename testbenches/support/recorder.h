#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "common/clock.h"
#include "tlm/command_queue.h"

namespace esact {

/// Stands for a block that executes commands: notes each one and completes it `cycles` later, one after another.
template <class Record>
class CommandRecorder : public sc_core::sc_module {
 public:
  CommandRecorder(const sc_core::sc_module_name& name, const Clock& clock, std::uint64_t cycles)
      : sc_module(name), command("command", 64), clock_(clock), cycles_(cycles) {
    SC_HAS_PROCESS(CommandRecorder);
    SC_THREAD(serve);
  }

  CommandQueue<Record> command;

  /// A command with the cycles in which it arrived and completed.
  struct Entry {
    Record record;
    std::uint64_t arrival = 0;
    std::uint64_t completion = 0;
  };
  std::vector<Entry> entries;  ///< in the order of service

 private:
  void serve() {
    while (true) {
      auto* taken = command.take();
      Entry entry{taken->record, clock_.cycle(taken->arrival), 0};
      clock_.wait(cycles_);
      entry.completion = clock_.cycle(sc_core::sc_time_stamp());
      entries.push_back(entry);
      command.complete(taken);
    }
  }

  Clock clock_;
  std::uint64_t cycles_;
};

}  // namespace esact
