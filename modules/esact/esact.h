#pragma once

#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "esact_interface/block_status.h"
#include "esact_interface/completion.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "esact_interface/page_statistics.h"
#include "esact_interface/tensor_tap.h"
#include "esact_interface/transaction_listener.h"

namespace esact {

/// The ESACT accelerator: composes its blocks and shows a control port, a memory port, an interrupt and a reset. Needs
/// no files and keeps no global state, so that any number of instances, each with a configuration of its own, share a
/// simulation.
class Esact : public sc_core::sc_module {
 public:
  /// A configuration of which no accelerator can be built is an SC_REPORT_ERROR naming the field and what was expected.
  /// `listener`, if any, records the links between the blocks that it wants and must outlive the simulation.
  Esact(sc_core::sc_module_name name, const EsactConfig& config, TransactionListener* listener = nullptr);
  ~Esact() override;

  tlm::tlm_target_socket<32> csr;     ///< registers of docs/registers.md, accesses of 4 or 8 bytes
  tlm::tlm_initiator_socket<32> dma;  ///< system memory: 64-bit addresses, up to dma.burst_bytes a transaction
  sc_core::sc_out<bool> irq;          ///< level, until software clears STATUS.interrupt
  sc_core::sc_in<bool> reset;         ///< rising edge: as CONTROL.soft_reset

  /// Published at the core edge of every descriptor's status write-back.
  tlm::tlm_analysis_port<Completion>& completions();
  /// Published at the time of every doorbell, a core edge.
  tlm::tlm_analysis_port<sc_core::sc_time>& doorbells();
  /// Has every block publish its tensors to `listener`; before the simulation starts.
  void bind_tensors(tlm::tlm_analysis_if<TensorRows>& listener);

  const EsactConfig& config() const { return config_; }
  /// Every block's time sheet, in the order in which data flows.
  std::vector<BlockStatus> blocks() const;
  /// Events of all blocks since time 0.
  EventCounts counts() const;
  /// Use of the SRAM's pages.
  PagePoolStatistics pages() const;

 private:
  struct Blocks;

  void on_reset();

  EsactConfig config_;
  std::unique_ptr<Blocks> blocks_;
};

}  // namespace esact
