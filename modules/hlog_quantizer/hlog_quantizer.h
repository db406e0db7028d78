#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <unordered_map>

#include "common/clock.h"
#include "common/ledger.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "kernels/quantizer.h"

namespace esact {

/// Lowest of the three address bits that name a quantizer on the predictor's operand path.
constexpr unsigned kQuantizerShift = 60;

/// Address on the operand path of the codes of the int8 values at `sram_address`, which uses bits 0..59 only.
constexpr std::uint64_t operand_address(kernels::Quantizer quantizer, std::uint64_t sram_address) {
  return sram_address | static_cast<std::uint64_t>(quantizer) << kQuantizerShift;
}

/// Bridge on the predictor's read path: a read of int8 values from SRAM comes back as their codes, one byte each. It is
/// combinational: no buffer, no round trip of its own, no added time. Address bits 60..62 choose the quantizer
/// (`operand_address`); an unknown one is answered with TLM_ADDRESS_ERROR_RESPONSE, a write with
/// TLM_COMMAND_ERROR_RESPONSE, byte enables and short streaming widths with their IEEE 1666 error responses.
/// TLM_IGNORE_COMMAND is a read without data. The address is restored before a response reaches the initiator.
/// Docs: docs/hlog_quantizer.md.
class HlogQuantizer : public sc_core::sc_module {
 public:
  /// The TLM configuration is taken as by every block; a bridge has nothing to set.
  HlogQuantizer(sc_core::sc_module_name name, const TlmConfig&, const Clock& clock);

  tlm_utils::passthrough_target_socket<HlogQuantizer, 32> operands;  ///< from the predictor
  tlm_utils::simple_initiator_socket<HlogQuantizer, 32> memory;      ///< to the SRAM

  /// One unit, busy while a read passes.
  const Ledger& ledger() const { return ledger_; }
  /// `hlog_conversions`: bytes read through any quantizer but `exact`.
  const EventCounts& counts() const { return counts_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);

  void begin(tlm::tlm_generic_payload& payload);
  void finish(tlm::tlm_generic_payload& payload, std::uint64_t address);
  void finish_in_flight(tlm::tlm_generic_payload& payload);

  std::unordered_map<const tlm::tlm_generic_payload*, std::uint64_t> in_flight_;  ///< address as the initiator gave it
  std::size_t passing_ = 0;
  Ledger ledger_;
  EventCounts counts_;
};

}  // namespace esact
