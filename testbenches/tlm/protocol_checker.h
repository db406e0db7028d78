#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <map>
#include <set>
#include <systemc>
#include <tlm>

namespace esact::test {

/// Sits on a link and throws when the base protocol's rules of one hop are broken: phases of a transaction in order,
/// one request phase and one response phase at a time, response set from BEGIN_RESP on and not before.
class ProtocolChecker : public sc_core::sc_module {
 public:
  tlm_utils::passthrough_target_socket<ProtocolChecker> in;
  tlm_utils::simple_initiator_socket<ProtocolChecker> out;
  std::size_t completed = 0;
  std::size_t most_in_flight = 0;

  explicit ProtocolChecker(const sc_core::sc_module_name& name) : sc_core::sc_module(name), in("in"), out("out") {
    in.register_b_transport(this, &ProtocolChecker::b_transport);
    in.register_nb_transport_fw(this, &ProtocolChecker::forward);
    in.register_transport_dbg(this, &ProtocolChecker::transport_dbg);
    out.register_nb_transport_bw(this, &ProtocolChecker::backward);
  }

  std::size_t in_flight() const { return phases_.size(); }

 private:
  using Payload = tlm::tlm_generic_payload;

  void require(bool condition, const char* rule) const {
    if (!condition) SC_REPORT_ERROR("protocol", rule);
  }

  void b_transport(Payload& payload, sc_core::sc_time& delay) { out->b_transport(payload, delay); }
  unsigned transport_dbg(Payload& payload) { return out->transport_dbg(payload); }

  tlm::tlm_sync_enum forward(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    const tlm::tlm_phase sent = phase;
    enter(payload, phase, true);
    const tlm::tlm_sync_enum sync = out->nb_transport_fw(payload, phase, delay);
    if (sync == tlm::TLM_UPDATED) enter(payload, phase, false);
    if (sync == tlm::TLM_COMPLETED && sent == tlm::BEGIN_REQ) finish(payload);
    return sync;
  }

  tlm::tlm_sync_enum backward(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    enter(payload, phase, false);
    const tlm::tlm_sync_enum sync = in->nb_transport_bw(payload, phase, delay);
    if (sync == tlm::TLM_UPDATED) enter(payload, phase, true);
    if (sync == tlm::TLM_COMPLETED) finish(payload);
    return sync;
  }

  void enter(Payload& payload, const tlm::tlm_phase& phase, bool from_initiator) {
    require(from_initiator == (phase == tlm::BEGIN_REQ || phase == tlm::END_RESP), "phase from the wrong side");
    const auto known = phases_.find(&payload);
    if (phase == tlm::BEGIN_REQ) {
      require(known == phases_.end(), "transaction begun twice");
      require(requesting_ == nullptr, "BEGIN_REQ before END_REQ of the last request");
      require(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE, "response preset");
      require(payload.get_ref_count() > 0, "payload without reference");
      requesting_ = &payload;
      phases_[&payload] = phase;
      most_in_flight = std::max(most_in_flight, phases_.size());
      return;
    }
    require(known != phases_.end(), "phase of a transaction that has not begun");
    if (phase == tlm::END_REQ) {
      require(known->second == tlm::BEGIN_REQ, "END_REQ without BEGIN_REQ");
      requesting_ = nullptr;
    } else if (phase == tlm::BEGIN_RESP) {
      require(known->second == tlm::BEGIN_REQ || known->second == tlm::END_REQ, "BEGIN_RESP twice");
      require(responding_ == nullptr, "BEGIN_RESP before END_RESP of the last response");
      require(payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, "response not set");
      if (requesting_ == &payload) requesting_ = nullptr;
      responding_ = &payload;
    } else {
      require(known->second == tlm::BEGIN_RESP, "END_RESP without BEGIN_RESP");
      return finish(payload);
    }
    known->second = phase;
  }

  void finish(Payload& payload) {
    if (requesting_ == &payload) requesting_ = nullptr;
    if (responding_ == &payload) responding_ = nullptr;
    phases_.erase(&payload);
    ++completed;
  }

  std::map<Payload*, tlm::tlm_phase> phases_;
  Payload* requesting_ = nullptr;
  Payload* responding_ = nullptr;
};

}  // namespace esact::test
