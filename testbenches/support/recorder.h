#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <systemc>
#include <vector>

#include "common/clock.h"
#include "tlm/command_queue.h"

namespace esact {

/// Stands in for a block that executes commands: works on up to `at_a_time` of them, in the order of arrival, completes
/// each some cycles later and notes it. What else happens at either moment is the test's.
template <class Record>
class CommandRecorder : public sc_core::sc_module {
 public:
  CommandRecorder(const sc_core::sc_module_name& name, const Clock& clock, std::uint64_t cycles_of_each,
                  std::size_t at_a_time = 1)
      : sc_module(name),
        command("command", 64),
        cycles([cycles_of_each](const Record&) { return cycles_of_each; }),
        clock_(clock) {
    for (std::size_t worker = 0; worker < at_a_time; ++worker) {
      sc_core::sc_spawn([this] { serve(); }, sc_core::sc_gen_unique_name("worker"));
    }
  }

  CommandQueue<Record> command;

  /// A command with the cycles in which it arrived and completed.
  struct Entry {
    Record record;
    std::uint64_t arrival = 0;
    std::uint64_t completion = 0;
  };
  std::vector<Entry> entries;      ///< in the order of service
  std::uint32_t most_in_work = 0;  ///< commands at a time

  std::function<std::uint64_t(const Record&)> cycles;
  std::function<void(const Record&)> at_start = [](const Record&) {};
  std::function<tlm::tlm_response_status(const Record&)> at_end = [](const Record&) { return tlm::TLM_OK_RESPONSE; };

 private:
  void serve() {
    while (true) {
      auto* taken = command.take();
      const std::size_t index = entries.size();
      entries.push_back({taken->record, clock_.cycle(taken->arrival), 0});
      most_in_work = std::max(most_in_work, ++in_work_);
      at_start(taken->record);
      clock_.wait(cycles(taken->record));
      entries[index].completion = clock_.cycle(sc_core::sc_time_stamp());
      --in_work_;
      command.complete(taken, at_end(taken->record));
    }
  }

  Clock clock_;
  std::uint32_t in_work_ = 0;
};

}  // namespace esact
