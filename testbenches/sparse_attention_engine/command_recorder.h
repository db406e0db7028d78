#pragma once

#include <deque>
#include <functional>
#include <systemc>

#include "common/clock.h"
#include "tlm/command_queue.h"

namespace esact {

/// Stands in for a block that works on commands: takes each at once, keeps it, and completes it after a number of
/// cycles that may depend on the command.
template <class Record>
class CommandRecorder : public sc_core::sc_module {
 public:
  struct Entry {
    Record record;
    std::uint64_t started;    ///< cycle
    std::uint64_t ended = 0;  ///< cycle; 0: not yet
  };

  CommandRecorder(const sc_core::sc_module_name& name, const Clock& clock)
      : sc_module(name), command("command", 64), clock_(clock) {
    SC_HAS_PROCESS(CommandRecorder);
    SC_THREAD(take_commands);
  }

  CommandQueue<Record> command;
  std::deque<Entry> entries;  ///< in the order of arrival
  std::uint32_t most_in_work = 0;

  std::function<std::uint64_t(const Record&)> cycles = [](const Record&) { return 10; };
  std::function<void(const Entry&)> at_start = [](const Entry&) {};
  std::function<void(const Entry&)> at_end = [](const Entry&) {};

 private:
  void take_commands() {
    while (true) {
      auto* taken = command.take();
      Entry& entry = entries.emplace_back(Entry{taken->record, now()});
      most_in_work = std::max(most_in_work, ++in_work_);
      at_start(entry);
      sc_core::sc_spawn([this, taken, &entry] {
        clock_.wait(cycles(entry.record));
        entry.ended = now();
        at_end(entry);
        --in_work_;
        command.complete(taken);
      });
    }
  }

  std::uint64_t now() const { return clock_.cycle(sc_core::sc_time_stamp()); }

  Clock clock_;
  std::uint32_t in_work_ = 0;
};

}  // namespace esact
