#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "common/clock.h"
#include "common/ledger.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "sram/address_map.h"
#include "sram/timing.h"
#include "tlm/memory_port.h"

namespace esact {

/// On-chip memory of `banks` banks behind a page table. Data addresses are virtual (below kVirtualBytes); an access
/// that touches an unmapped page gets TLM_ADDRESS_ERROR_RESPONSE, takes no time and moves nothing. The page table is
/// read and written in whole uint32 words at kPageTableBase, which takes latency_cycles and no bank; a word that names
/// no physical page gets TLM_GENERIC_ERROR_RESPONSE and changes nothing. Time: see BankSchedule.
class Sram : public sc_core::sc_module {
 public:
  MemoryPort memory;  ///< of all initiators

  /// `config.bytes` is a multiple of kPageBytes.
  Sram(const sc_core::sc_module_name& name, const SramConfig& config, const TlmConfig& tlm, const Clock& clock);

  /// Cycles per state summed over the banks since time 0: a bank is busy while it serves a word, else idle.
  StateCycles totals() const;

  std::size_t units() const { return config_.banks; }
  const Clock& clock() const { return clock_; }

  /// sram_read_bytes (TLM_IGNORE_COMMAND is a read) and sram_write_bytes of data.
  const EventCounts& counts() const { return counts_; }

 private:
  sc_core::sc_time reserve(const tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status transfer(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status transfer_page_table(tlm::tlm_generic_payload& payload);
  bool mapped(std::uint64_t address, std::uint64_t bytes) const;

  SramConfig config_;
  Clock clock_;
  BankSchedule banks_;
  EventCounts counts_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint32_t> page_table_;  // by virtual page; pages beyond its end are unmapped
};

}  // namespace esact
