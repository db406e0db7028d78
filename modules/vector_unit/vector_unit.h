#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "common/commands.h"
#include "common/ledger.h"
#include "common/ready_order.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "esact_interface/tensor_tap.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"
#include "vector_unit/operands.h"

namespace esact {

/// Softmax, activation, requantisation, residual and layer norm: one command at a time, in the order of ready_order. A
/// command reads its operands while it computes; its results are written and it completes while the next one is read.
/// A value that does not fit int32 completes the command with TLM_GENERIC_ERROR_RESPONSE, a malformed command or list
/// with TLM_COMMAND_ERROR_RESPONSE; nothing is written then. Docs: docs/vector_unit.md.
class VectorUnit : public sc_core::sc_module {
 public:
  VectorUnit(sc_core::sc_module_name name, const VectorUnitConfig& config, const TlmConfig& tlm, const Clock& clock);

  CommandQueue<VectorCommand> command;  ///< from the scheduler, the engine and the FFN array
  InitiatorPort memory;                 ///< operands and results
  TensorPort tensors{"tensors"};        ///< x, context, z, output, h_mid, x1, hidden, y, increment, h_out

  /// One unit: busy while it computes, `sram` for what reads add and while only results are being written.
  const Ledger& ledger() const { return ledger_; }
  /// `vector_operations` and `output_adds`, counted when the computation ends.
  const EventCounts& counts() const { return counts_; }

 private:
  using Command = CommandQueue<VectorCommand>::Command;

  void note_arrivals();
  void execute();
  void drain();

  Command* next_command();
  tlm::tlm_response_status run(const VectorCommand& record);
  void publish_tensors(const VectorCommand& record);

  VectorUnitConfig config_;
  Clock clock_;
  VectorOperands operands_;
  VectorResult result_;          ///< of the command in execution
  VectorResult drained_result_;  ///< of the command whose results are being written
  Command* draining_ = nullptr;
  tlm::tlm_response_status status_ = tlm::TLM_OK_RESPONSE;  ///< of the draining command
  bool waiting_ = false;                                    ///< no command is in execution
  sc_core::sc_event ready_;
  sc_core::sc_event computed_;
  sc_core::sc_event drained_;
  Ledger ledger_;
  EventCounts counts_;
};

}  // namespace esact
