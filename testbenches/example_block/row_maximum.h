#pragma once

#include <systemc>

#include "common/clock.h"
#include "common/ledger.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "example_block/row_maximum_command.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Finds the largest magnitude of each row of a matrix in SRAM, one command at a time, in the order of arrival. A
/// command that lacks an address completes with TLM_COMMAND_ERROR_RESPONSE and writes nothing. The example of
/// docs/how_to_add_a_block.md.
class RowMaximum : public sc_core::sc_module {
 public:
  RowMaximum(sc_core::sc_module_name name, const RowMaximumConfig& config, const TlmConfig& tlm, const Clock& clock);

  CommandQueue<RowMaximumCommand> command;
  InitiatorPort memory;  ///< rows in, maxima out

  /// One unit: busy while it computes, `sram` for what reads add to that and for writes.
  const Ledger& ledger() const { return ledger_; }
  /// `vector_operations`: elements.
  const EventCounts& counts() const { return counts_; }

 private:
  void execute();
  tlm::tlm_response_status run(const RowMaximumCommand& record);

  RowMaximumConfig config_;
  Clock clock_;
  Ledger ledger_;
  EventCounts counts_;
};

}  // namespace esact
