#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "esact_interface/config.h"

namespace esact {

/// Sits on a link and holds back a share of what passes by a random number of cycles: values must not depend on it, and
/// no link may deadlock under it. b_transport is delayed before and after, by annotation. Of a non-blocking transaction
/// each of the four phases is held back on its own, so that the target sees its END_RESP late and the initiator its
/// END_REQ: towards both the injector keeps the base protocol's rules (IEEE 1666 clause 15.2), with one request and one
/// response on the way at a time. Grants no direct memory, which nothing could delay.
class StallInjector : public sc_core::sc_module {
 public:
  tlm_utils::passthrough_target_socket<StallInjector> in;
  tlm_utils::simple_initiator_socket<StallInjector> out;

  /// Holds back stall_permille of 1000 by 1 to stall_cycles cycles. `link` picks the random sequences, together
  /// with stall_seed.
  StallInjector(const sc_core::sc_module_name& name, const TlmConfig& config, const Clock& clock, std::uint64_t link);

 private:
  using Payload = tlm::tlm_generic_payload;

  /// How far a request or response has come; what is held is due at a time.
  enum class Step { kHeld, kSent, kEndHeld };
  /// A transaction between the initiator's BEGIN_REQ and END_REQ towards it.
  struct Request {
    Payload* payload = nullptr;  // null: the request phase is free
    Step step = Step::kHeld;
    sc_core::sc_time due;
  };
  /// A transaction between the target's BEGIN_RESP and END_RESP towards it.
  struct Response {
    Payload* payload = nullptr;
    Step step = Step::kHeld;
    sc_core::sc_time due;
    bool completed = false;  // by the target, which gets no END_RESP
  };

  void b_transport(Payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned transport_dbg(Payload& payload);

  void hold_request(Payload& payload, Step step, const sc_core::sc_time& delay);
  void move_request();
  void send_request();
  void send_end_request();
  void hold_response(Payload& payload, const sc_core::sc_time& delay, bool completed);
  void hold_end_response(const sc_core::sc_time& delay);
  void wait_for_response();
  void move_responses();
  void send_response();
  void send_end_response();
  static std::uint64_t next_random(std::uint64_t& state);
  sc_core::sc_time stall(tlm::tlm_phase_enum phase);

  TlmConfig config_;
  Clock clock_;
  std::array<std::uint64_t, 4> random_;  // of each phase, so that the order of phases at one time decides nothing
  Request request_;
  std::deque<Response> responses_;  // the first is on its way, others wait for it
  sc_core::sc_event request_due_;
  sc_core::sc_event response_due_;
};

}  // namespace esact
