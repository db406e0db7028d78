#include "dram/dram_port.h"

#include <algorithm>
#include <utility>

namespace esact {

DramPort::DramPort(const char* name, Owner& owner, ByteStore& bytes, const sc_core::sc_time& direct_latency)
    : PhasedTarget(name), owner_(owner), bytes_(bytes), direct_latency_(direct_latency) {}

tlm::tlm_response_status DramPort::check(const tlm::tlm_generic_payload& payload) const {
  const tlm::tlm_response_status status = check_attributes(payload);
  const bool exists = bytes_.contains(payload.get_address(), payload.get_data_length());
  return status == tlm::TLM_OK_RESPONSE && !exists ? tlm::TLM_ADDRESS_ERROR_RESPONSE : status;
}

void DramPort::conclude(tlm::tlm_generic_payload& payload) const {
  const tlm::tlm_response_status status = check(payload);
  if (status == tlm::TLM_OK_RESPONSE) payload.set_dmi_allowed(offers_direct_access());
  payload.set_response_status(status);
}

void DramPort::block(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  consume(delay);
  if (check(payload) == tlm::TLM_OK_RESPONSE && payload.get_data_length() > 0) {
    if (idle_events_.empty()) idle_events_.push_back(std::make_unique<sc_core::sc_event>());
    std::unique_ptr<sc_core::sc_event> done = std::move(idle_events_.back());
    idle_events_.pop_back();
    owner_.start({&payload, done.get(), {}});
    sc_core::wait(*done);
    idle_events_.push_back(std::move(done));
  }
  conclude(payload);
}

void DramPort::request(const Request& request) {
  if (check(*request.payload) == tlm::TLM_OK_RESPONSE && request.payload->get_data_length() > 0) {
    owner_.start({request.payload, nullptr, request});
    return;
  }
  respond(request, sc_core::sc_time_stamp());
  accept(request);
}

void DramPort::finish(const Request& request) {
  conclude(*request.payload);
}

unsigned DramPort::debug(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const unsigned bytes = payload.get_data_length();
  if (!bytes_.contains(address, bytes)) return 0;
  if (payload.is_read()) {
    bytes_.read(address, payload.get_data_ptr(), bytes);
  } else if (payload.is_write()) {
    bytes_.write(address, payload.get_data_ptr(), bytes);
  } else {
    return 0;
  }
  return bytes;
}

bool DramPort::direct_memory(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) {
  if (!offers_direct_access()) return false;
  const std::uint64_t address = payload.get_address();
  if (!bytes_.contains(address, 1)) {
    region.set_start_address(bytes_.capacity());
    return false;
  }
  const std::uint64_t start = address / ByteStore::kDirectBytes * ByteStore::kDirectBytes;
  region.set_dmi_ptr(bytes_.direct(address));
  region.set_start_address(start);
  region.set_end_address(std::min(start + ByteStore::kDirectBytes, bytes_.capacity()) - 1);
  region.set_read_latency(direct_latency_);
  region.set_write_latency(direct_latency_);
  region.allow_read_write();
  return true;
}

}  // namespace esact
