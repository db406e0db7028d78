#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <systemc>
#include <tlm>
#include <vector>

#include "support/broken_on_purpose.h"
#include "tlm/bind.h"

namespace esact::test {

/// An access as an initiator may send it, and the response that it gets.
struct Access {
  const char* name;
  tlm::tlm_command command;
  std::uint64_t address;
  unsigned length;
  unsigned streaming_width;
  bool byte_enables;
  tlm::tlm_response_status expected;
};

/// Sends payloads as they are, over any of the four interfaces.
class RawInitiator : public sc_core::sc_module, public tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_initiator_socket<32> socket;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;  ///< first and last address

  explicit RawInitiator(const sc_core::sc_module_name& name) : sc_core::sc_module(name), socket("socket") {
    socket.bind(*this);
  }

  /// Binds the socket, over a link with a checker.
  void bind(tlm::tlm_base_target_socket_b<32>& target) { links_.bind(socket, target); }

  /// b_transport; returns when the annotated delay has passed.
  void block(tlm::tlm_generic_payload& payload) {
    sc_core::sc_time delay;
    socket->b_transport(payload, delay);
    sc_core::wait(delay);
  }

  /// nb_transport from BEGIN_REQ to the end of the transaction. The payload has a memory manager.
  void phases(tlm::tlm_generic_payload& payload) {
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum sync = socket->nb_transport_fw(payload, phase, delay);
    if (sync == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP) {
      phase = tlm::END_RESP;
      socket->nb_transport_fw(payload, phase, delay);
    } else if (sync != tlm::TLM_COMPLETED) {
      sc_core::wait(ended_);
    }
    sc_core::wait(delay);
  }

  /// transport_dbg with all that the standard leaves unset in a debug access unset; the number of bytes moved.
  unsigned debug(tlm::tlm_command command, std::uint64_t address, void* data, unsigned length) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(length);
    return socket->transport_dbg(payload);
  }

  /// get_direct_mem_ptr.
  bool direct_memory(std::uint64_t address, tlm::tlm_dmi& region) {
    tlm::tlm_generic_payload payload;
    payload.set_read();
    payload.set_address(address);
    return socket->get_direct_mem_ptr(payload, region);
  }

 private:
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    phase = tlm::END_RESP;
    ended_.notify(delay);
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
    invalidated.emplace_back(start, end);
  }

  Links links_{TlmConfig{}, Clock(1000)};
  sc_core::sc_event ended_;
};

/// Sends each access over b_transport and nb_transport: it gets its response, its attributes stay, no direct memory is
/// hinted at, and an error or an ignored command leaves the data alone. A checker on the way sees which are illegal.
inline void check_accesses(RawInitiator& initiator, const std::vector<Access>& accesses) {
  struct Payload : tlm::tlm_generic_payload, tlm::tlm_mm_interface {
    Payload() {
      set_mm(this);
      acquire();
    }
    void free(tlm::tlm_generic_payload*) override {}
  };
  const std::vector<unsigned char> untouched(4096, 0xa5);
  for (const Access& access : accesses) {
    for (const bool blocking : {true, false}) {
      INFO(access.name << (blocking ? ", b_transport" : ", nb_transport"));
      std::vector<unsigned char> data = untouched;
      std::vector<unsigned char> enables(access.length, TLM_BYTE_ENABLED);
      Payload payload;
      payload.set_command(access.command);
      payload.set_address(access.address);
      payload.set_data_ptr(data.data());
      payload.set_data_length(access.length);
      payload.set_streaming_width(access.streaming_width);
      if (access.byte_enables) {
        payload.set_byte_enable_ptr(enables.data());
        payload.set_byte_enable_length(access.length);
      }
      std::optional<BrokenOnPurpose> broken;
      if (has_illegal_attributes(payload)) broken.emplace();
      blocking ? initiator.block(payload) : initiator.phases(payload);
      CHECK((!broken || broken->noticed()));
      CHECK(payload.get_response_status() == access.expected);
      if (access.expected != tlm::TLM_OK_RESPONSE || access.command != tlm::TLM_READ_COMMAND) CHECK(data == untouched);
      CHECK(payload.get_command() == access.command);
      CHECK(payload.get_address() == access.address);
      CHECK(payload.get_data_length() == access.length);
      CHECK(payload.get_streaming_width() == access.streaming_width);
      CHECK_FALSE(payload.is_dmi_allowed());
    }
  }
}

/// A request for direct memory at `address` is denied for the addresses `first` to `last`.
inline void check_no_direct_memory(RawInitiator& initiator, std::uint64_t address, std::uint64_t first,
                                   std::uint64_t last) {
  tlm::tlm_dmi region;
  CHECK_FALSE(initiator.direct_memory(address, region));
  CHECK(region.get_start_address() == first);
  CHECK(region.get_end_address() == last);
}

}  // namespace esact::test
