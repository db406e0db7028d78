#include "tlm/memory_port.h"

#include <utility>

#include "common/clock.h"

namespace esact {

MemoryPort::MemoryPort(const char* name, Reserve reserve, Transfer transfer, std::size_t queue_depth)
    : PhasedTarget(name), reserve_(std::move(reserve)), transfer_(std::move(transfer)), queue_depth_(queue_depth) {}

void MemoryPort::block(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  consume(delay);
  tlm::tlm_response_status status = check_attributes(payload);
  if (status == tlm::TLM_OK_RESPONSE) {
    Clock::wait_until(reserve_(payload));
    status = transfer_(payload);
  }
  payload.set_response_status(status);
}

void MemoryPort::request(const Request& request) {
  outside_.push_back(request);
  admit();
}

void MemoryPort::admit() {
  while (!outside_.empty() && in_work_ < queue_depth_) {
    const Request request = outside_.front();
    outside_.pop_front();
    ++in_work_;
    const bool legal = check_attributes(*request.payload) == tlm::TLM_OK_RESPONSE;
    respond(request, legal ? reserve_(*request.payload) : sc_core::sc_time_stamp());
    accept(request);
  }
}

void MemoryPort::finish(const Request& request) {
  const tlm::tlm_response_status status = check_attributes(*request.payload);
  request.payload->set_response_status(status == tlm::TLM_OK_RESPONSE ? transfer_(*request.payload) : status);
  --in_work_;
  admit();
}

unsigned MemoryPort::debug(tlm::tlm_generic_payload& payload) {
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND || payload.get_data_length() == 0) return 0;
  return transfer_(payload) == tlm::TLM_OK_RESPONSE ? payload.get_data_length() : 0;
}

}  // namespace esact
