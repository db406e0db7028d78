#pragma once

#include <systemc>

#include "common/clock.h"
#include "common/ledger.h"
#include "csr/records.h"
#include "esact_interface/completion.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "esact_interface/tensor_tap.h"
#include "scheduler/sram_space.h"
#include "scheduler/task_group.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Fetches descriptors from the ring and runs them one after another (run_layer): decides the order of operations, owns
/// the SRAM's pages, moves operands with the DMA and dispatches commands to the blocks. After an error it drains what
/// is in flight, reports code, index and address, and serves nothing until a reset (specification section 6).
class Scheduler : public sc_core::sc_module {
 public:
  Scheduler(sc_core::sc_module_name name, const EsactConfig& config, const Clock& clock);

  CommandQueue<DoorbellRecord> command;  ///< from csr
  InitiatorPort status;                  ///< to csr
  InitiatorPort memory;                  ///< to sram: page table, results of predictions
  InitiatorPort dma;
  InitiatorPort spls_predictor;
  InitiatorPort sparse_attention_engine;
  InitiatorPort windows;  ///< window records to the engine where SPLS is off
  InitiatorPort ffn_array;
  InitiatorPort vector_unit;
  TensorPort tensors;                              ///< ffn_root where SPLS is off
  tlm::tlm_analysis_port<Completion> completions;  ///< unbound by default

  /// One unit: busy while a descriptor is worked on.
  const Ledger& ledger() const { return ledger_; }
  const EventCounts& counts() const { return counts_; }
  const PagePool& pages() const { return space_.pool(); }

 private:
  void serve();
  void take_command();
  void run_descriptor();
  void run_layer(Descriptor& descriptor);
  void fetch(Descriptor& descriptor);
  std::vector<std::uint32_t> fetch_sequences(const Descriptor& descriptor);
  void finish(Descriptor& descriptor, const LayerError& error);
  void load(std::uint64_t system_address, std::uint64_t bytes);
  std::uint64_t descriptor_address() const;

  EsactConfig config_;
  Clock clock_;
  Ledger ledger_;
  EventCounts counts_;
  TaskPool tasks_;
  SramSpace space_;
  SramBuffer staging_;  ///< descriptor or sequence table
  DoorbellRecord ring_;
  std::uint32_t head_ = 0;
  std::uint64_t since_ = 0;  ///< cycle of the last completion or of the doorbell that ended an idle time
  bool in_error_ = false;
};

}  // namespace esact
