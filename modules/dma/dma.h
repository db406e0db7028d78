#pragma once

#include <cstdint>
#include <list>
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

/// Moves bytes between the system and the SRAM. A command is cut at the multiples of burst_bytes of its system
/// address; `outstanding` workers take the pieces in order, one transaction on either side each, and go on with the
/// next command when the last piece of one is taken. A command completes when its last byte has landed.
///
/// A bus error on the system side ends a command: pieces not yet taken are dropped and the sender gets the response of
/// the piece that failed first. An error on the SRAM side is fatal: the sender owns the SRAM.
class Dma : public sc_core::sc_module {
 public:
  CommandQueue<DmaCommand> command;  ///< from the scheduler
  InitiatorPort memory;              ///< to the SRAM
  InitiatorPort dma;                 ///< to the system: 64-bit addresses, transactions of up to burst_bytes

  Dma(const sc_core::sc_module_name& name, const DmaConfig& config, const TlmConfig& tlm, const Clock& clock);

  /// System address of the first piece that failed, kNoAddress if none has since time 0 or `clear_error`.
  std::uint64_t error_address() const { return error_address_; }
  void clear_error() { error_address_ = kNoAddress; }

  /// A unit per worker: busy while bytes move on the SRAM port, `sram` while they wait there for longer than the port
  /// needs, `dram` during a system transaction, else idle.
  const Ledger& ledger() const { return ledger_; }

  /// dma_bytes: bytes that arrived, either way.
  const EventCounts& counts() const { return counts_; }

 private:
  using Command = CommandQueue<DmaCommand>::Command;

  /// A command that was taken.
  struct Transfer {
    Command* command = nullptr;
    std::uint64_t taken_bytes = 0;  ///< given to workers
    std::uint32_t pieces = 0;       ///< with workers
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  };
  struct Piece {
    Transfer* transfer = nullptr;
    std::uint64_t system_address = 0;
    std::uint64_t sram_address = 0;
    std::uint64_t bytes = 0;
  };

  void work(std::size_t worker);
  Piece take_piece(std::size_t worker);
  void begin(Command* next);
  tlm::tlm_response_status move(const Piece& piece, std::size_t worker);
  void access_sram(tlm::tlm_command direction, const Piece& piece, std::size_t worker);
  tlm::tlm_response_status access_system(tlm::tlm_command direction, const Piece& piece, std::size_t worker);
  void land(const Piece& piece, tlm::tlm_response_status status);

  DmaConfig config_;
  Clock clock_;
  Ledger ledger_;
  EventCounts counts_;
  std::uint64_t error_address_ = kNoAddress;
  std::list<Transfer> transfers_;                   // in order of arrival; only the last has pieces left to take
  std::vector<std::vector<std::uint8_t>> buffers_;  // of each worker
};

}  // namespace esact
