#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstdint>
#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/ledger.h"
#include "csr/records.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "esact_interface/registers.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Control and status registers: what software sees of the accelerator (docs/registers.md). Turns doorbells and resets
/// into records for the scheduler and the scheduler's status records into registers and the interrupt line.
class Csr : public sc_core::sc_module {
 public:
  Csr(sc_core::sc_module_name name, const TlmConfig& tlm, const Clock& clock);

  /// Aligned accesses of one register or two neighbours, little-endian, one core cycle each, one at a time.
  /// Unmapped or misaligned: address error; other sizes, streaming: burst error; byte enables: byte enable error;
  /// TLM_IGNORE_COMMAND: OK, whatever its other attributes (IEEE 1666-2011, 14.17). Debug reads take any address and
  /// length, move the bytes before the first that no register has and have no side effects; debug writes move nothing.
  tlm_utils::simple_target_socket<Csr, 32> csr;
  CommandQueue<StatusRecord> status;  ///< from the scheduler; takes effect on arrival
  InitiatorPort command;              ///< DoorbellRecord to the scheduler
  sc_core::sc_out<bool> irq;          ///< level: STATUS.interrupt and CONTROL.irq_enable
  /// Time of every write of RING_TAIL that rings, a core edge; unbound by default.
  tlm::tlm_analysis_port<sc_core::sc_time> doorbells;

  /// What a write of CONTROL.soft_reset does: every register to its reset value and a reset record to the scheduler.
  void soft_reset();

  /// One unit, busy in an access.
  const Ledger& ledger() const { return ledger_; }
  const EventCounts& counts() const { return counts_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  void write(const registers::Register& target, std::uint32_t data);
  void ring();
  void send_commands();
  void take_status();
  void apply(const StatusRecord& record);
  void refresh();
  void drive_irq();

  std::uint32_t& at(std::uint32_t offset) { return values_[offset / sizeof(std::uint32_t)]; }
  bool bit(std::uint32_t offset, std::uint32_t mask) { return (at(offset) & mask) != 0; }

  Clock clock_;
  Ledger ledger_;
  EventCounts counts_;
  std::array<std::uint32_t, registers::kMapBytes / sizeof(std::uint32_t)> values_{};
  std::uint32_t announced_ = 0;    ///< tail that the scheduler knows or is about to be told
  bool scheduler_busy_ = false;    ///< as of the last status record
  bool doorbell_pending_ = false;  ///< a doorbell record has to be sent
  bool resetting_ = false;         ///< until the scheduler has completed the reset record
  sc_core::sc_time free_;          ///< end of the last access that was accepted
  sc_core::sc_event request_;      ///< doorbell_pending_ or resetting_ was set
  sc_core::sc_event irq_changed_;
};

}  // namespace esact
