#include "tlm/phased_target.h"

#include <algorithm>

namespace esact {

PhasedTarget::PhasedTarget(const char* name)
    : tlm_utils::multi_passthrough_target_socket<PhasedTarget, 32>(name), delayed_(this, &PhasedTarget::delayed) {
  register_b_transport(this, &PhasedTarget::transport_blocking);
  register_nb_transport_fw(this, &PhasedTarget::transport_phase);
  register_transport_dbg(this, &PhasedTarget::transport_debug);
  register_get_direct_mem_ptr(this, &PhasedTarget::get_direct_memory);

  sc_core::sc_spawn_options options;
  options.spawn_method();
  options.dont_initialize();
  options.set_sensitivity(&due_);
  sc_core::sc_spawn([this] { respond_due(); }, sc_core::sc_gen_unique_name("respond_due"), &options);
}

void PhasedTarget::transport_blocking(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  block(payload, delay);
}

tlm::tlm_response_status PhasedTarget::check_attributes(const tlm::tlm_generic_payload& payload) {
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (payload.get_streaming_width() < payload.get_data_length()) return tlm::TLM_BURST_ERROR_RESPONSE;
  const bool moves_data = payload.get_command() != tlm::TLM_IGNORE_COMMAND;
  if (moves_data && payload.get_data_length() == 0) return tlm::TLM_BURST_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

void PhasedTarget::consume(sc_core::sc_time& delay) {
  if (delay == sc_core::SC_ZERO_TIME) return;
  sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
}

unsigned PhasedTarget::transport_debug(int, tlm::tlm_generic_payload& payload) {
  return debug(payload);
}

bool PhasedTarget::get_direct_memory(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) {
  region.init();
  return direct_memory(payload, region);
}

bool PhasedTarget::direct_memory(tlm::tlm_generic_payload&, tlm::tlm_dmi&) {
  return false;
}

tlm::tlm_sync_enum PhasedTarget::transport_phase(int socket, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    payload.acquire();
    if (delay != sc_core::SC_ZERO_TIME) {
      delayed_requests_.push_back({&payload, socket});
      delayed_.notify(payload, phase, delay);
      return tlm::TLM_ACCEPTED;
    }
    arriving_ = &payload;
    accepted_at_once_ = false;
    request({&payload, socket});
    arriving_ = nullptr;
    if (!accepted_at_once_) return tlm::TLM_ACCEPTED;
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  if (phase == tlm::END_RESP) {
    if (delay != sc_core::SC_ZERO_TIME) {
      delayed_.notify(payload, phase, delay);
    } else {
      end_response(payload);
    }
    return tlm::TLM_COMPLETED;
  }
  return tlm::TLM_ACCEPTED;
}

void PhasedTarget::delayed(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
  if (phase == tlm::END_RESP) return end_response(payload);
  const auto origin = std::find_if(delayed_requests_.begin(), delayed_requests_.end(),
                                   [&](const Origin& candidate) { return candidate.payload == &payload; });
  const int socket = origin->socket;
  delayed_requests_.erase(origin);
  request({&payload, socket});
}

void PhasedTarget::accept(const Request& request) {
  if (request.payload == arriving_) {
    accepted_at_once_ = true;
    return;
  }
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay;
  (*this)[request.socket]->nb_transport_bw(*request.payload, phase, delay);
}

void PhasedTarget::respond(const Request& request, const sc_core::sc_time& at) {
  responses_.push({at, order_++, request});
  due_.notify(at - sc_core::sc_time_stamp());
}

void PhasedTarget::respond_due() {
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  while (!responses_.empty() && responses_.top().at <= now) {
    const Request request = responses_.top().request;
    responses_.pop();
    finish(request);
    channel(request.socket).ready.push_back(request);
  }
  for (Channel& channel : channels_) send_responses(channel);
  if (!responses_.empty()) due_.notify(responses_.top().at - now);
}

void PhasedTarget::send_responses(Channel& channel) {
  while (channel.responding == nullptr && !channel.ready.empty()) {
    const Request request = channel.ready.front();
    channel.ready.pop_front();
    channel.responding = request.payload;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum sync = (*this)[request.socket]->nb_transport_bw(*request.payload, phase, delay);
    if (sync == tlm::TLM_COMPLETED || (sync == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
      if (delay != sc_core::SC_ZERO_TIME) {
        delayed_.notify(*request.payload, tlm::END_RESP, delay);
      } else {
        channel.responding = nullptr;
        request.payload->release();
      }
    }
  }
}

void PhasedTarget::end_response(tlm::tlm_generic_payload& payload) {
  for (Channel& channel : channels_) {
    if (channel.responding != &payload) continue;
    channel.responding = nullptr;
    payload.release();
    if (!channel.ready.empty()) due_.notify(sc_core::SC_ZERO_TIME);
    return;
  }
}

PhasedTarget::Channel& PhasedTarget::channel(int socket) {
  if (static_cast<std::size_t>(socket) >= channels_.size()) channels_.resize(socket + 1);
  return channels_[socket];
}

}  // namespace esact
