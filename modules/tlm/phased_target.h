#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/peq_with_cb_and_phase.h>

#include <cstdint>
#include <deque>
#include <queue>
#include <systemc>
#include <tlm>
#include <vector>

namespace esact {

/// Multi target socket that keeps the rules of the base protocol (IEEE 1666 clause 15.2) so that what derives from it
/// sees requests and gives responses: annotated delays are honoured, END_REQ goes back on the return path where the
/// request is accepted at once, and each initiator has one BEGIN_RESP at a time.
class PhasedTarget : public tlm_utils::multi_passthrough_target_socket<PhasedTarget, 32> {
 public:
  const char* kind() const override { return "esact::PhasedTarget"; }

 protected:
  /// A transaction of the non-blocking interface, from BEGIN_REQ to END_RESP.
  struct Request {
    tlm::tlm_generic_payload* payload = nullptr;
    int socket = 0;
  };

  explicit PhasedTarget(const char* name);

  /// b_transport.
  virtual void block(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) = 0;

  /// A BEGIN_REQ, at its time. To be accepted and responded to, now or later.
  virtual void request(const Request& request) = 0;

  /// A response is due: called just before its BEGIN_RESP.
  virtual void finish(const Request& request) = 0;

  /// transport_dbg: the number of bytes moved.
  virtual unsigned debug(tlm::tlm_generic_payload& payload) = 0;

  /// get_direct_mem_ptr: denied for all addresses, unless overridden.
  virtual bool direct_memory(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region);

  /// Ends the request phase of `request`: the initiator may send its next one.
  void accept(const Request& request);

  /// Responds to `request` at time `at`, now or later.
  void respond(const Request& request, const sc_core::sc_time& at);

  /// What a memory answers to an access's attributes, its address apart: byte enables, a streaming width below the
  /// length and reads or writes of no bytes are errors (IEEE 1666 clause 14.17).
  static tlm::tlm_response_status check_attributes(const tlm::tlm_generic_payload& payload);

  /// Waits for an annotated delay, which is zero afterwards.
  static void consume(sc_core::sc_time& delay);

 private:
  struct Response {
    sc_core::sc_time at;
    std::uint64_t order = 0;
    Request request;
    bool operator<(const Response& other) const {
      return at != other.at ? at > other.at : order > other.order;  // the top of the heap is the earliest
    }
  };
  /// Responses on the way to one initiator.
  struct Channel {
    const tlm::tlm_generic_payload* responding = nullptr;  // between BEGIN_RESP and END_RESP
    std::deque<Request> ready;
  };
  struct Origin {
    const tlm::tlm_generic_payload* payload = nullptr;
    int socket = 0;
  };

  void transport_blocking(int socket, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum transport_phase(int socket, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  unsigned transport_debug(int socket, tlm::tlm_generic_payload& payload);
  bool get_direct_memory(int socket, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region);
  void delayed(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  void respond_due();
  void send_responses(Channel& channel);
  void end_response(tlm::tlm_generic_payload& payload);
  Channel& channel(int socket);

  std::priority_queue<Response> responses_;
  std::uint64_t order_ = 0;
  std::deque<Channel> channels_;
  std::vector<Origin> delayed_requests_;
  const tlm::tlm_generic_payload* arriving_ = nullptr;  // inside its nb_transport_fw call
  bool accepted_at_once_ = false;
  sc_core::sc_event due_;
  tlm_utils::peq_with_cb_and_phase<PhasedTarget> delayed_;
};

}  // namespace esact
