#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "esact_interface/config.h"

namespace esact {

/// Sits on a link and delays a share of its requests and of its responses by a random number of cycles, by annotating
/// the delay (IEEE 1666 clause 11.1.3): values must not depend on it, and no link may deadlock under it.
class StallInjector : public sc_core::sc_module {
 public:
  tlm_utils::passthrough_target_socket<StallInjector> in;
  tlm_utils::simple_initiator_socket<StallInjector> out;

  /// Delays stall_permille of 1000 requests, and as many responses, by 1 to stall_cycles cycles. `link` picks the
  /// random sequence, together with stall_seed.
  StallInjector(const sc_core::sc_module_name& name, const TlmConfig& config, const Clock& clock, std::uint64_t link);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  std::uint64_t next_random();
  sc_core::sc_time stall();

  TlmConfig config_;
  Clock clock_;
  std::uint64_t random_;
};

}  // namespace esact
