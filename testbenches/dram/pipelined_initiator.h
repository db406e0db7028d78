#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "tlm/memory_manager.h"

namespace esact::test {

/// Sends non-blocking accesses one after another without waiting for their responses, as long as the target accepts
/// them, and compares what reads bring with what a plain array held when they were sent.
class PipelinedInitiator : public sc_core::sc_module, public tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_initiator_socket<32> socket;

  /// `expected`: the memory's contents from address 0 on as they should be.
  PipelinedInitiator(const sc_core::sc_module_name& name, std::vector<std::uint8_t>& expected)
      : sc_core::sc_module(name), socket("socket"), expected_(expected) {
    socket.bind(*this);
  }

  /// Sends an access; returns when its request phase is over. From a thread.
  void write(std::uint64_t address, const std::vector<std::uint8_t>& data) {
    std::memcpy(expected_.data() + address, data.data(), data.size());
    send(tlm::TLM_WRITE_COMMAND, address, data);
  }
  void read(std::uint64_t address, std::size_t bytes) {
    send(tlm::TLM_READ_COMMAND, address, std::vector<std::uint8_t>(bytes));
  }

  /// Waits until all responses have come.
  void finish() {
    while (in_flight > 0) sc_core::wait(progress_);
  }

  std::size_t in_flight = 0;
  std::size_t most_in_flight = 0;
  std::size_t wrong = 0;   ///< reads with other bytes than expected
  std::size_t failed = 0;  ///< responses other than TLM_OK_RESPONSE
  std::size_t completed = 0;

 private:
  struct Payload : tlm::tlm_generic_payload {
    std::vector<std::uint8_t> data;
    std::vector<std::uint8_t> expected;
  };

  void send(tlm::tlm_command command, std::uint64_t address, const std::vector<std::uint8_t>& data) {
    Payload& payload = payloads_.acquire();
    payload.data = data;
    payload.expected.assign(expected_.begin() + static_cast<std::ptrdiff_t>(address),
                            expected_.begin() + static_cast<std::ptrdiff_t>(address + data.size()));
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(payload.data.data());
    payload.set_data_length(static_cast<unsigned>(data.size()));
    payload.set_streaming_width(static_cast<unsigned>(data.size()));
    payload.set_byte_enable_ptr(nullptr);
    most_in_flight = std::max(most_in_flight, ++in_flight);
    requesting_ = &payload;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum sync = socket->nb_transport_fw(payload, phase, delay);
    if (sync == tlm::TLM_UPDATED && phase == tlm::END_REQ) requesting_ = nullptr;
    while (requesting_ != nullptr) sc_core::wait(progress_);
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    if (&payload == requesting_) requesting_ = nullptr;  // END_REQ, also by an early BEGIN_RESP
    progress_.notify(sc_core::SC_ZERO_TIME);
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    auto& own = static_cast<Payload&>(payload);
    failed += !payload.is_response_ok();
    wrong += own.data != own.expected;
    ++completed;
    --in_flight;
    payload.release();
    phase = tlm::END_RESP;
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  std::vector<std::uint8_t>& expected_;
  MemoryManager<Payload> payloads_;
  const tlm::tlm_generic_payload* requesting_ = nullptr;
  sc_core::sc_event progress_;
};

}  // namespace esact::test
