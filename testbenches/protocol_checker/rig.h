#pragma once

#include <array>
#include <functional>
#include <string>
#include <systemc>
#include <tlm>

#include "protocol_checker/protocol_checker.h"
#include "tlm/memory_manager.h"
#include "tlm/thread.h"

namespace esact::test {

/// An initiator and a target that do what a test tells them, and a checker between them.
class Rig : public sc_core::sc_module, private tlm::tlm_fw_transport_if<>, private tlm::tlm_bw_transport_if<> {
 public:
  using Payload = tlm::tlm_generic_payload;
  using NonBlocking = std::function<tlm::tlm_sync_enum(Payload&, tlm::tlm_phase&, sc_core::sc_time&)>;

  tlm::tlm_initiator_socket<32> initiator;
  tlm::tlm_target_socket<32> target;
  ProtocolChecker checker;

  std::function<void(Payload&, sc_core::sc_time&)> on_block = [](Payload& payload, sc_core::sc_time&) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  };
  NonBlocking on_forward = [](auto&&...) { return tlm::TLM_ACCEPTED; };
  NonBlocking on_backward = [](auto&&...) { return tlm::TLM_ACCEPTED; };
  std::function<bool(Payload&, tlm::tlm_dmi&)> on_direct_memory = [](auto&&...) { return false; };
  std::function<unsigned(Payload&)> on_debug = [](Payload& payload) { return payload.get_data_length(); };

  explicit Rig(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name), initiator("initiator"), target("target"), checker("checker") {
    initiator.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
    target.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    initiator.bind(checker.in);
    checker.out.bind(target);
  }

  /// A payload with which nothing is wrong: a write of 4 bytes to 0x40.
  Payload& payload() {
    Payload& payload = payloads_.acquire();
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    payload.set_address(0x40);
    payload.set_data_ptr(data_.data());
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    payload.set_byte_enable_ptr(nullptr);
    return payload;
  }
  MemoryManager<>& manager() { return payloads_; }

  void block(Payload& payload, sc_core::sc_time delay = sc_core::SC_ZERO_TIME) {
    initiator->b_transport(payload, delay);
  }
  /// The initiator's call of nb_transport_fw.
  tlm::tlm_sync_enum forward(Payload& payload, tlm::tlm_phase phase, sc_core::sc_time delay = sc_core::SC_ZERO_TIME) {
    return initiator->nb_transport_fw(payload, phase, delay);
  }
  /// The target's call of nb_transport_bw.
  tlm::tlm_sync_enum backward(Payload& payload, tlm::tlm_phase phase, sc_core::sc_time delay = sc_core::SC_ZERO_TIME) {
    return target->nb_transport_bw(payload, phase, delay);
  }
  void respond(Payload& payload, tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    backward(payload, tlm::BEGIN_RESP);
  }

 private:
  void b_transport(Payload& payload, sc_core::sc_time& delay) override { on_block(payload, delay); }
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
    return on_forward(payload, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
    return on_backward(payload, phase, delay);
  }
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& region) override { return on_direct_memory(payload, region); }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
  unsigned transport_dbg(Payload& payload) override { return on_debug(payload); }

  MemoryManager<> payloads_;
  std::array<unsigned char, 64> data_{};
};

using Payload = Rig::Payload;

inline const sc_core::sc_time kNanosecond(1, sc_core::SC_NS);

/// A non-blocking write that the target accepted.
inline Payload& begun(Rig& rig) {
  Payload& payload = rig.payload();
  rig.forward(payload, tlm::BEGIN_REQ);
  return payload;
}

/// Runs `body` in a thread; the message of the error that a SystemC report ended it with, empty if none did.
inline std::string error_of(const std::function<void(Rig&)>& body) {
  Rig rig("rig");
  std::string message;
  Thread thread("thread", [&] {
    try {
      body(rig);
    } catch (const sc_core::sc_report& report) {
      message = report.get_msg();
    }
  });
  sc_core::sc_start();
  return message;
}

/// The name of the rule that `body` breaks; empty if it breaks none.
inline std::string broken_by(const std::function<void(Rig&)>& body) {
  const std::string message = error_of(body);
  const std::string mark = "broken rule ";
  const std::size_t start = message.find(mark);
  if (start == std::string::npos) return message;
  return message.substr(start + mark.size(), message.find(':', start) - start - mark.size());
}

}  // namespace esact::test
