#include "tlm/stall_injector.h"

#include <algorithm>

namespace esact {

StallInjector::StallInjector(const sc_core::sc_module_name& name, const TlmConfig& config, const Clock& clock,
                             std::uint64_t link)
    : sc_core::sc_module(name), in("in"), out("out"), config_(config), clock_(clock) {
  for (std::size_t phase = 0; phase < random_.size(); ++phase) {
    random_[phase] = (std::uint64_t{config.stall_seed} << 32) + (link << 2) + phase;
  }
  SC_HAS_PROCESS(StallInjector);
  in.register_b_transport(this, &StallInjector::b_transport);
  in.register_nb_transport_fw(this, &StallInjector::nb_transport_fw);
  in.register_transport_dbg(this, &StallInjector::transport_dbg);
  out.register_nb_transport_bw(this, &StallInjector::nb_transport_bw);
  SC_METHOD(move_request);
  dont_initialize();
  sensitive << request_due_;
  SC_METHOD(move_responses);
  dont_initialize();
  sensitive << response_due_;
}

void StallInjector::b_transport(Payload& payload, sc_core::sc_time& delay) {
  delay += stall(tlm::BEGIN_REQ);
  out->b_transport(payload, delay);
  delay += stall(tlm::BEGIN_RESP);
  payload.set_dmi_allowed(false);
}

unsigned StallInjector::transport_dbg(Payload& payload) {
  return out->transport_dbg(payload);
}

tlm::tlm_sync_enum StallInjector::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    payload.acquire();
    hold_request(payload, Step::kHeld, delay);
    return tlm::TLM_ACCEPTED;
  }
  if (phase == tlm::END_RESP) {
    hold_end_response(delay);
    return tlm::TLM_COMPLETED;
  }
  return out->nb_transport_fw(payload, phase, delay);
}

tlm::tlm_sync_enum StallInjector::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::END_REQ) {
    hold_request(payload, Step::kEndHeld, delay);
    return tlm::TLM_ACCEPTED;
  }
  if (phase == tlm::BEGIN_RESP) {
    hold_response(payload, delay, false);
    return tlm::TLM_ACCEPTED;
  }
  return in->nb_transport_bw(payload, phase, delay);
}

void StallInjector::hold_request(Payload& payload, Step step, const sc_core::sc_time& delay) {
  const sc_core::sc_time stalled = delay + stall(step == Step::kHeld ? tlm::BEGIN_REQ : tlm::END_REQ);
  request_ = {&payload, step, sc_core::sc_time_stamp() + stalled};
  request_due_.cancel();
  request_due_.notify(request_.due - sc_core::sc_time_stamp());
}

void StallInjector::move_request() {
  if (request_.payload == nullptr || request_.due > sc_core::sc_time_stamp()) return;
  if (request_.step == Step::kHeld) {
    send_request();
  } else if (request_.step == Step::kEndHeld) {
    send_end_request();
  }
}

void StallInjector::send_request() {
  Payload& payload = *request_.payload;
  request_.step = Step::kSent;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum sync = out->nb_transport_fw(payload, phase, delay);
  if (sync == tlm::TLM_COMPLETED) {
    hold_response(payload, delay, true);
  } else if (sync == tlm::TLM_UPDATED) {
    nb_transport_bw(payload, phase, delay);
  }
}

void StallInjector::send_end_request() {
  Payload& payload = *request_.payload;
  request_.payload = nullptr;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay;
  in->nb_transport_bw(payload, phase, delay);
}

void StallInjector::hold_response(Payload& payload, const sc_core::sc_time& delay, bool completed) {
  payload.set_dmi_allowed(false);
  responses_.push_back({&payload, Step::kHeld, sc_core::sc_time_stamp() + delay + stall(tlm::BEGIN_RESP), completed});
  wait_for_response();
}

void StallInjector::hold_end_response(const sc_core::sc_time& delay) {
  Response& response = responses_.front();
  response.step = Step::kEndHeld;
  response.due = sc_core::sc_time_stamp() + delay + stall(tlm::END_RESP);
  wait_for_response();
}

void StallInjector::wait_for_response() {
  if (responses_.empty()) return;
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  response_due_.cancel();
  response_due_.notify(std::max(responses_.front().due, now) - now);
}

void StallInjector::move_responses() {
  if (responses_.empty() || responses_.front().due > sc_core::sc_time_stamp()) return;
  if (responses_.front().step == Step::kHeld) {
    send_response();
  } else if (responses_.front().step == Step::kEndHeld) {
    send_end_response();
  }
}

void StallInjector::send_response() {
  Payload& payload = *responses_.front().payload;
  responses_.front().step = Step::kSent;
  if (request_.payload == &payload) {
    if (request_.step == Step::kEndHeld && request_.due == sc_core::sc_time_stamp()) send_end_request();
    request_.payload = nullptr;  // BEGIN_RESP implies END_REQ
  }
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum sync = in->nb_transport_bw(payload, phase, delay);
  if (sync != tlm::TLM_ACCEPTED) hold_end_response(delay);
}

void StallInjector::send_end_response() {
  const Response response = responses_.front();
  responses_.pop_front();
  if (!response.completed) {
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_core::sc_time delay;
    out->nb_transport_fw(*response.payload, phase, delay);
  }
  response.payload->release();
  wait_for_response();
}

// splitmix64
std::uint64_t StallInjector::next_random(std::uint64_t& state) {
  std::uint64_t value = (state += 0x9e3779b97f4a7c15);
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

sc_core::sc_time StallInjector::stall(tlm::tlm_phase_enum phase) {
  std::uint64_t& state = random_[phase - tlm::BEGIN_REQ];
  if (next_random(state) % 1000 >= config_.stall_permille || config_.stall_cycles == 0) return sc_core::SC_ZERO_TIME;
  return clock_.cycles(1 + next_random(state) % config_.stall_cycles);
}

}  // namespace esact
