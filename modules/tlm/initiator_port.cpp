#include "tlm/initiator_port.h"

#include <algorithm>
#include <sstream>

namespace esact {

namespace {

void fill(tlm::tlm_generic_payload& payload, tlm::tlm_command command, std::uint64_t address, void* data,
          std::size_t bytes) {
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(static_cast<unsigned>(bytes));
  payload.set_streaming_width(static_cast<unsigned>(bytes));
  payload.set_byte_enable_ptr(nullptr);
}

}  // namespace

InitiatorPort::InitiatorPort(const char* name, const TlmConfig& config, const Clock& clock, std::uint32_t port_bytes)
    : tlm::tlm_initiator_socket<32>(name), config_(config), clock_(clock), port_bytes_(port_bytes) {
  m_export.bind(*this);
  if (config_.mode == TlmMode::kApproximate) delayed_ = std::make_unique<Queue>(this, &InitiatorPort::delayed);
}

tlm::tlm_response_status InitiatorPort::transport(tlm::tlm_command command, std::uint64_t address, void* data,
                                                  std::size_t bytes) {
  if (bytes == 0) return tlm::TLM_OK_RESPONSE;
  if (config_.mode == TlmMode::kLoose) return loose(command, address, data, bytes);
  return bursts(command, address, data, bytes, config_.burst_bytes);
}

void InitiatorPort::read(std::uint64_t address, void* data, std::size_t bytes) {
  require(transport(tlm::TLM_READ_COMMAND, address, data, bytes), "read", address, bytes);
}

void InitiatorPort::write(std::uint64_t address, const void* data, std::size_t bytes) {
  require(transport(tlm::TLM_WRITE_COMMAND, address, const_cast<void*>(data), bytes), "write", address, bytes);
}

void InitiatorPort::stream(std::uint64_t address, std::size_t bytes) {
  require(transport(tlm::TLM_IGNORE_COMMAND, address, nullptr, bytes), "stream", address, bytes);
}

void InitiatorPort::debug_read(std::uint64_t address, void* data, std::size_t bytes) {
  debug(tlm::TLM_READ_COMMAND, address, data, bytes);
}

void InitiatorPort::debug_write(std::uint64_t address, const void* data, std::size_t bytes) {
  debug(tlm::TLM_WRITE_COMMAND, address, const_cast<void*>(data), bytes);
}

void InitiatorPort::debug(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
  if (bytes == 0) return;
  Burst& payload = payloads_.acquire();
  fill(payload, command, address, data, bytes);
  const std::size_t moved = (*this)->transport_dbg(payload);
  payload.release();
  if (moved != bytes) require(tlm::TLM_ADDRESS_ERROR_RESPONSE, "debug access", address, bytes);
}

tlm::tlm_response_status InitiatorPort::whole(tlm::tlm_command command, std::uint64_t address, void* data,
                                              std::size_t bytes) {
  if (config_.mode == TlmMode::kLoose) return loose(command, address, data, bytes);
  return bursts(command, address, data, bytes, bytes);
}

tlm::tlm_response_status InitiatorPort::loose(tlm::tlm_command command, std::uint64_t address, void* data,
                                              std::size_t bytes) {
  Burst& payload = payloads_.acquire();
  fill(payload, command, address, data, bytes);
  const sc_core::sc_time wires_end = occupy_wires(bytes) + clock_.cycles(wire_cycles(bytes));
  sc_core::sc_time delay;
  (*this)->b_transport(payload, delay);
  Clock::wait_until(std::max(clock_.edge(sc_core::sc_time_stamp() + delay), wires_end));
  const tlm::tlm_response_status status = payload.get_response_status();
  payload.release();
  return status;
}

tlm::tlm_response_status InitiatorPort::bursts(tlm::tlm_command command, std::uint64_t address, void* data,
                                               std::size_t bytes, std::size_t burst_bytes) {
  Operand operand;
  sc_core::sc_time wires_end;
  for (std::size_t offset = 0; offset < bytes;) {
    const std::uint64_t start = address + offset;
    const std::size_t length = std::min<std::size_t>(bytes - offset, burst_bytes - start % burst_bytes);
    while (operand.in_flight == config_.outstanding) sc_core::wait(progress_);
    const sc_core::sc_time wires_start = occupy_wires(length);
    wires_end = wires_start + clock_.cycles(wire_cycles(length));
    Clock::wait_until(wires_start);
    wait_for_request_phase(operand);
    if (operand.status != tlm::TLM_OK_RESPONSE) break;
    request(operand, command, start, data == nullptr ? nullptr : static_cast<unsigned char*>(data) + offset, length);
    offset += length;
  }
  while (operand.in_flight > 0) sc_core::wait(progress_);
  Clock::wait_until(std::max(clock_.edge(sc_core::sc_time_stamp()), wires_end));
  return operand.status;
}

// Calls get the request phase in the order in which they ask for it.
void InitiatorPort::wait_for_request_phase(const Operand& operand) {
  requesters_.push_back(&operand);
  while (requesting_ != nullptr || requesters_.front() != &operand) sc_core::wait(progress_);
  requesters_.pop_front();
  progress_.notify();
}

void InitiatorPort::request(Operand& operand, tlm::tlm_command command, std::uint64_t address, void* data,
                            std::size_t bytes) {
  Burst& burst = payloads_.acquire();
  fill(burst, command, address, data, bytes);
  burst.operand = &operand;
  ++operand.in_flight;
  requesting_ = &burst;

  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum sync = (*this)->nb_transport_fw(burst, phase, delay);
  if (sync == tlm::TLM_ACCEPTED) return;
  if (sync == tlm::TLM_COMPLETED) phase = tlm::END_RESP;
  if (delay != sc_core::SC_ZERO_TIME) {
    delayed_->notify(burst, phase, delay);
  } else {
    delayed(burst, phase);
  }
}

tlm::tlm_sync_enum InitiatorPort::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                  sc_core::sc_time& delay) {
  if (delay != sc_core::SC_ZERO_TIME) {
    delayed_->notify(payload, phase, delay);
    return tlm::TLM_ACCEPTED;
  }
  if (phase == tlm::END_REQ) {
    end_request(payload);
  } else if (phase == tlm::BEGIN_RESP) {
    end_response(static_cast<Burst&>(payload));
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  }
  return tlm::TLM_ACCEPTED;
}

// A phase that did not come as a call with zero delay; END_RESP stands for a target that completed the transaction.
void InitiatorPort::delayed(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
  if (phase == tlm::END_REQ) {
    end_request(payload);
  } else if (phase == tlm::BEGIN_RESP) {
    tlm::tlm_phase end = tlm::END_RESP;
    sc_core::sc_time delay;
    (*this)->nb_transport_fw(payload, end, delay);
    end_response(static_cast<Burst&>(payload));
  } else if (phase == tlm::END_RESP) {
    end_response(static_cast<Burst&>(payload));
  }
}

void InitiatorPort::end_request(const tlm::tlm_generic_payload& payload) {
  if (requesting_ != &payload) return;
  requesting_ = nullptr;
  progress_.notify();
}

void InitiatorPort::end_response(Burst& burst) {
  end_request(burst);  // BEGIN_RESP implies END_REQ
  Operand& operand = *burst.operand;
  if (operand.status == tlm::TLM_OK_RESPONSE) operand.status = burst.get_response_status();
  --operand.in_flight;
  burst.release();
  progress_.notify();
}

std::uint64_t InitiatorPort::wire_cycles(std::size_t bytes) const {
  return port_bytes_ == 0 ? 0 : (bytes + port_bytes_ - 1) / port_bytes_;
}

sc_core::sc_time InitiatorPort::occupy_wires(std::size_t bytes) {
  if (port_bytes_ == 0) return sc_core::sc_time_stamp();
  const sc_core::sc_time start = std::max(clock_.edge(sc_core::sc_time_stamp()), wires_free_);
  wires_free_ = start + clock_.cycles(wire_cycles(bytes));
  return start;
}

void InitiatorPort::require(tlm::tlm_response_status status, const char* access, std::uint64_t address,
                            std::size_t bytes) const {
  if (status == tlm::TLM_OK_RESPONSE) return;
  tlm::tlm_generic_payload response;
  response.set_response_status(status);
  std::ostringstream message;
  message << name() << ": " << access << " of " << bytes << " bytes at 0x" << std::hex << address << " answered "
          << response.get_response_string();
  SC_REPORT_FATAL("esact/tlm", message.str().c_str());
}

}  // namespace esact
