#pragma once

#include <cstdint>
#include <memory>
#include <systemc>
#include <utility>
#include <vector>

#include "common/commands.h"
#include "common/ledger.h"
#include "common/ready_order.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "mac_array/allocation.h"
#include "mac_array/multiply.h"
#include "mac_array/operands.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"

namespace esact {

/// The only multipliers: `lines` x 64 int8 MACs in `groups`. A command is cut into slots (mac_array/timing.h); each
/// group is a thread that takes the next slot of the first command, by ready_order and then arrival, that is ready and
/// that it may work on. When all slots are done the result is written and the command completes, while the groups go
/// on. A command whose shapes do not fit together or whose lists make no sense is answered with
/// TLM_COMMAND_ERROR_RESPONSE. Docs: docs/mac_array.md.
class MacArray : public sc_core::sc_module {
 public:
  /// `groups` must divide `lines`.
  MacArray(sc_core::sc_module_name name, const MacArrayConfig& config, const TlmConfig& tlm, const Clock& clock);
  ~MacArray() override;

  CommandQueue<MatrixCommand> command;       ///< from the engine and the FFN array
  sc_core::sc_vector<InitiatorPort> memory;  ///< operands, one port per group
  InitiatorPort result;                      ///< write-back of C

  /// A unit per group: busy while it computes, `sram` for what transfers add, `input` while ready commands wait that
  /// the group may not take.
  const Ledger& ledger() const { return ledger_; }
  /// `macs`, counted when a command completes.
  const EventCounts& counts() const { return counts_; }

 private:
  using Command = CommandQueue<MatrixCommand>::Command;
  using Priority = decltype(ready_order(std::declval<const Command&>(), std::declval<const Clock&>()));
  struct Job;

  void note_arrivals();
  void serve(std::size_t group);
  void drain();

  Job* first_job(std::size_t group);
  Job& next_job(std::size_t group);
  Command* first_ready(std::size_t group) const;
  bool work_waits() const;
  Job* open(Command* first);

  void run(std::size_t group, Job& job, std::uint32_t slot);
  void load_lists(std::size_t group, Job& job, std::uint32_t slot);
  void load_b(std::size_t group, Job& job, std::uint32_t slot, std::uint32_t leader);
  std::uint64_t slot_cycles(const Job& job, std::uint32_t slot) const;
  void finish(Job& job);

  MacArrayConfig config_;
  Clock clock_;
  std::unique_ptr<const AllocationStrategy> allocation_;
  std::vector<std::unique_ptr<Job>> jobs_;  ///< all there are, for reuse
  std::vector<Job*> free_jobs_;
  std::vector<Job*> open_jobs_;               ///< with slots to take
  std::vector<Job*> finished_jobs_;           ///< with results to write
  std::vector<sc_core::sc_time> free_since_;  ///< end of each group's last slot
  sc_core::sc_event ready_;
  sc_core::sc_event taken_;
  sc_core::sc_event finished_;
  Multiplier multiplier_;
  std::vector<std::int32_t> c_;
  Ledger ledger_;
  EventCounts counts_;
};

}  // namespace esact
