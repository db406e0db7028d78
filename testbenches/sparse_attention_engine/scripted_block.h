#pragma once

#include <algorithm>
#include <functional>
#include <systemc>

#include "common/clock.h"
#include "tlm/command_queue.h"

namespace esact {

/// Stands in for a block that works on many commands at a time: takes each at once and completes it `cycles` later.
/// What happens at either moment is the test's.
template <class Record>
class ScriptedBlock : public sc_core::sc_module {
 public:
  ScriptedBlock(const sc_core::sc_module_name& name, const Clock& clock) : sc_module(name), command("command", 64) {
    sc_core::sc_spawn([this, clock] {
      while (true) {
        auto* taken = command.take();
        most_in_work = std::max(most_in_work, ++in_work_);
        at_start(taken->record);
        sc_core::sc_spawn([this, clock, taken] {
          clock.wait(cycles(taken->record));
          at_end(taken->record);
          --in_work_;
          command.complete(taken);
        });
      }
    });
  }

  CommandQueue<Record> command;
  std::uint32_t most_in_work = 0;

  std::function<std::uint64_t(const Record&)> cycles = [](const Record&) { return 10; };
  std::function<void(const Record&)> at_start = [](const Record&) {};
  std::function<void(const Record&)> at_end = [](const Record&) {};

 private:
  std::uint32_t in_work_ = 0;
};

}  // namespace esact
