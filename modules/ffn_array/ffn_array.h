#pragma once

#include <systemc>
#include <vector>

#include "common/clock.h"
#include "common/commands.h"
#include "common/ledger.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Turns tiles of the output projection and of the FFN into matrix and vector operations [paper: FFN]. kProjectionRows
/// and kFfnRows derive who computes and who takes whose result from the representatives and roots of a block of rows;
/// the block's other commands, one per column tile, are worked on by several workers at a time.
class FfnArray : public sc_core::sc_module {
 public:
  FfnArray(sc_core::sc_module_name name, const FfnArrayConfig& config, const TlmConfig& tlm, const Clock& clock);

  CommandQueue<FfnCommand> command;  ///< from the scheduler
  InitiatorPort memory;              ///< representatives and roots in, lists out
  InitiatorPort tasks;               ///< to mac_array
  InitiatorPort vector;              ///< to vector_unit

  /// A unit per worker; `array`: waiting for mac_array or vector_unit.
  const Ledger& ledger() const { return ledger_; }
  const EventCounts& counts() const { return counts_; }

 private:
  void work(std::size_t worker);
  void derive_projection_rows(const FfnCommand& block);
  void derive_ffn_rows(const FfnCommand& block);
  template <class Entry>
  void write_list(std::uint64_t address, const std::vector<Entry>& list);
  void project(std::size_t worker, const FfnCommand& tile);
  void project_reused(std::size_t worker, const FfnCommand& tile);
  void first_layer(std::size_t worker, const FfnCommand& tile);
  void second_layer(std::size_t worker, const FfnCommand& tile);
  template <class Record>
  void run(std::size_t worker, InitiatorPort& port, const Record& record);

  FfnArrayConfig config_;
  Ledger ledger_;
  EventCounts counts_;
};

}  // namespace esact
