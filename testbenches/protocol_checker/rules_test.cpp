#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "rig.h"

using namespace esact;
using namespace esact::test;

namespace {

using Payload = Rig::Payload;

const sc_core::sc_time kNanosecond(1, sc_core::SC_NS);

TLM_DECLARE_EXTENDED_PHASE(first_beat);

/// A blocking write on which `change` is done before.
std::string broken_by_initiator(const std::function<void(Payload&)>& change) {
  return broken_by([&](Rig& rig) {
    Payload& payload = rig.payload();
    change(payload);
    rig.block(payload);
  });
}

/// A non-blocking write that the target accepted.
Payload& begun(Rig& rig) {
  Payload& payload = rig.payload();
  rig.forward(payload, tlm::BEGIN_REQ);
  return payload;
}

}  // namespace

TEST_CASE("response_incomplete: the response is preset") {
  CHECK(broken_by_initiator([](Payload& payload) { payload.set_response_status(tlm::TLM_OK_RESPONSE); }) ==
        "response_incomplete");
}

TEST_CASE("dmi_hint: the hint is preset") {
  CHECK(broken_by_initiator([](Payload& payload) { payload.set_dmi_allowed(true); }) == "dmi_hint");
}

TEST_CASE("option: a full payload is asked for") {
  CHECK(broken_by_initiator([](Payload& payload) { payload.set_gp_option(tlm::TLM_FULL_PAYLOAD); }) == "option");
}

TEST_CASE("option: a debug target asks for a full payload itself") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_debug = [](Payload& payload) {
            payload.set_gp_option(tlm::TLM_FULL_PAYLOAD);
            return 4u;
          };
          rig.initiator->transport_dbg(rig.payload());
        }) == "option");
}

TEST_CASE("option: a request for direct memory is accepted beforehand") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = rig.payload();
          payload.set_gp_option(tlm::TLM_FULL_PAYLOAD_ACCEPTED);
          tlm::tlm_dmi region;
          rig.initiator->get_direct_mem_ptr(payload, region);
        }) == "option");
}

TEST_CASE("data_pointer: a write without data") {
  CHECK(broken_by_initiator([](Payload& payload) { payload.set_data_ptr(nullptr); }) == "data_pointer");
}

TEST_CASE("data_pointer: a debug write without data") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = rig.payload();
          payload.set_data_ptr(nullptr);
          rig.initiator->transport_dbg(payload);
        }) == "data_pointer");
}

TEST_CASE("data_length: a write of no bytes") {
  CHECK(broken_by_initiator([](Payload& payload) { payload.set_data_length(0); }) == "data_length");
}

TEST_CASE("streaming_width: a width of 0") {
  CHECK(broken_by_initiator([](Payload& payload) { payload.set_streaming_width(0); }) == "streaming_width");
}

TEST_CASE("streaming_width: a width of 0 in an ignored command") {
  CHECK(broken_by_initiator([](Payload& payload) {
          payload.set_command(tlm::TLM_IGNORE_COMMAND);
          payload.set_streaming_width(0);
        }) == "streaming_width");
}

TEST_CASE("byte_enable_length: byte enables without a length") {
  unsigned char enabled = TLM_BYTE_ENABLED;
  CHECK(broken_by_initiator([&](Payload& payload) {
          payload.set_byte_enable_ptr(&enabled);
          payload.set_byte_enable_length(0);
        }) == "byte_enable_length");
}

TEST_CASE("attributes_constant: a blocking target shortens the write") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_block = [](Payload& payload, sc_core::sc_time&) {
            payload.set_data_length(2);
            payload.set_response_status(tlm::TLM_OK_RESPONSE);
          };
          rig.block(rig.payload());
        }) == "attributes_constant");
}

TEST_CASE("attributes_constant: an initiator changes the command of a request under way") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = begun(rig);
          payload.set_command(tlm::TLM_READ_COMMAND);
          rig.backward(payload, tlm::END_REQ);
        }) == "attributes_constant");
}

TEST_CASE("attributes_constant: a debug target changes the data pointer") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_debug = [](Payload& payload) {
            payload.set_data_ptr(payload.get_data_ptr() + 1);
            return 4u;
          };
          rig.initiator->transport_dbg(rig.payload());
        }) == "attributes_constant");
}

TEST_CASE("memory_manager: a payload of nobody's") {
  CHECK(broken_by([](Rig& rig) {
          Payload payload;
          unsigned char byte = 0;
          payload.set_write();
          payload.set_data_ptr(&byte);
          payload.set_data_length(1);
          payload.set_streaming_width(1);
          rig.forward(payload, tlm::BEGIN_REQ);
        }) == "memory_manager");
}

namespace {

/// A payload that its initiator has not acquired is sent by `send`.
std::string broken_by_unreferenced(const std::function<void(Rig&, Payload&)>& send) {
  return broken_by([&](Rig& rig) {
    Payload payload(&rig.manager());
    payload.set_command(tlm::TLM_IGNORE_COMMAND);
    payload.set_streaming_width(1);
    send(rig, payload);
  });
}

}  // namespace

TEST_CASE("reference_count: a request that its initiator has not acquired") {
  CHECK(broken_by_unreferenced([](Rig& rig, Payload& payload) { rig.forward(payload, tlm::BEGIN_REQ); }) ==
        "reference_count");
}

TEST_CASE("reference_count: a blocking write that its initiator has not acquired") {
  CHECK(broken_by_unreferenced([](Rig& rig, Payload& payload) { rig.block(payload); }) == "reference_count");
}

TEST_CASE("reference_count: an initiator gives its request up") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = begun(rig);
          payload.release();
          rig.backward(payload, tlm::END_REQ);
        }) == "reference_count");
}

TEST_CASE("object_in_use: a target passes its transaction round to itself") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_block = [&rig](Payload& payload, sc_core::sc_time&) { rig.block(payload); };
          rig.block(rig.payload());
        }) == "object_in_use");
}

TEST_CASE("object_in_use: a request is sent again before its response") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = begun(rig);
          rig.backward(payload, tlm::END_REQ);
          rig.forward(payload, tlm::BEGIN_REQ);
        }) == "object_in_use");
}

TEST_CASE("one_interface: a request under way is sent to b_transport") {
  CHECK(broken_by([](Rig& rig) { rig.block(begun(rig)); }) == "one_interface");
}

TEST_CASE("one_interface: a blocking target sends its transaction on by nb_transport") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_block = [&rig](Payload& payload, sc_core::sc_time&) { rig.forward(payload, tlm::BEGIN_REQ); };
          rig.block(rig.payload());
        }) == "one_interface");
}

TEST_CASE("response_set: b_transport returns without a response") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_block = [](auto&&...) {};
          rig.block(rig.payload());
        }) == "response_set");
}

TEST_CASE("response_set: BEGIN_RESP without a response") {
  CHECK(broken_by([](Rig& rig) { rig.backward(begun(rig), tlm::BEGIN_RESP); }) == "response_set");
}

TEST_CASE("response_set: TLM_COMPLETED without a response") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_forward = [](auto&&...) { return tlm::TLM_COMPLETED; };
          begun(rig);
        }) == "response_set");
}

TEST_CASE("response_final: a response changes its mind") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = begun(rig);
          rig.respond(payload);
          payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
          rig.forward(payload, tlm::END_RESP);
        }) == "response_final");
}

TEST_CASE("phase_path: an initiator sends END_REQ") {
  CHECK(broken_by([](Rig& rig) { rig.forward(begun(rig), tlm::END_REQ); }) == "phase_path");
}

TEST_CASE("phase_path: a target sends BEGIN_REQ") {
  CHECK(broken_by([](Rig& rig) { rig.backward(rig.payload(), tlm::BEGIN_REQ); }) == "phase_path");
}

TEST_CASE("phase_path: a phase that was never set") {
  CHECK(broken_by([](Rig& rig) { rig.forward(rig.payload(), tlm::tlm_phase()); }) == "phase_path");
}

TEST_CASE("phase_order: END_REQ twice") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = begun(rig);
          rig.backward(payload, tlm::END_REQ);
          rig.backward(payload, tlm::END_REQ);
        }) == "phase_order");
}

TEST_CASE("phase_order: END_REQ after BEGIN_RESP") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = begun(rig);
          rig.respond(payload);
          rig.backward(payload, tlm::END_REQ);
        }) == "phase_order");
}

TEST_CASE("phase_order: BEGIN_RESP twice") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = begun(rig);
          rig.respond(payload);
          rig.respond(payload);
        }) == "phase_order");
}

TEST_CASE("phase_order: END_RESP before BEGIN_RESP") {
  CHECK(broken_by([](Rig& rig) { rig.forward(begun(rig), tlm::END_RESP); }) == "phase_order");
}

TEST_CASE("phase_order: a response to what was never asked") {
  CHECK(broken_by([](Rig& rig) { rig.respond(rig.payload()); }) == "phase_order");
}

TEST_CASE("phase_order: a response to what has been completed") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_forward = [](Payload& payload, auto&&...) {
            payload.set_response_status(tlm::TLM_OK_RESPONSE);
            return tlm::TLM_COMPLETED;
          };
          rig.backward(begun(rig), tlm::BEGIN_RESP);
        }) == "phase_order");
}

TEST_CASE("phase_path: an update to the phase that the other side has sent") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_backward = [](auto&&...) { return tlm::TLM_UPDATED; };
          rig.respond(begun(rig));
        }) == "phase_path");
}

TEST_CASE("request_exclusion: a second request before END_REQ of the first") {
  CHECK(broken_by([](Rig& rig) {
          begun(rig);
          begun(rig);
        }) == "request_exclusion");
}

TEST_CASE("response_exclusion: a second response before END_RESP of the first") {
  CHECK(broken_by([](Rig& rig) {
          Payload& first = begun(rig);
          rig.backward(first, tlm::END_REQ);
          Payload& second = begun(rig);
          rig.respond(first);
          rig.respond(second);
        }) == "response_exclusion");
}

TEST_CASE("response_exclusion: a request is completed while a response is under way") {
  CHECK(broken_by([](Rig& rig) {
          rig.respond(begun(rig));
          rig.on_forward = [](Payload& payload, auto&&...) {
            payload.set_response_status(tlm::TLM_OK_RESPONSE);
            return tlm::TLM_COMPLETED;
          };
          begun(rig);
        }) == "response_exclusion");
}

TEST_CASE("completed: an initiator answers END_REQ with TLM_COMPLETED") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_backward = [](auto&&...) { return tlm::TLM_COMPLETED; };
          rig.backward(begun(rig), tlm::END_REQ);
        }) == "completed");
}

TEST_CASE("accepted: a target accepts and moves the time") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_forward = [](Payload&, tlm::tlm_phase&, sc_core::sc_time& delay) {
            delay += kNanosecond;
            return tlm::TLM_ACCEPTED;
          };
          begun(rig);
        }) == "accepted");
}

TEST_CASE("accepted: a target accepts and moves the phase") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_forward = [](Payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
            phase = tlm::END_REQ;
            return tlm::TLM_ACCEPTED;
          };
          begun(rig);
        }) == "accepted");
}

TEST_CASE("extended_phase: before BEGIN_REQ") {
  CHECK(broken_by([](Rig& rig) { rig.forward(rig.payload(), first_beat); }) == "extended_phase");
}

TEST_CASE("time_order: a blocking target takes time back") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_block = [](Payload& payload, sc_core::sc_time& delay) {
            payload.set_response_status(tlm::TLM_OK_RESPONSE);
            sc_core::wait(kNanosecond);
            delay = sc_core::SC_ZERO_TIME;
          };
          rig.block(rig.payload(), 2 * kNanosecond);
        }) == "time_order");
}

TEST_CASE("time_order: END_REQ before its BEGIN_REQ takes effect") {
  CHECK(broken_by([](Rig& rig) {
          Payload& payload = rig.payload();
          rig.forward(payload, tlm::BEGIN_REQ, 2 * kNanosecond);
          rig.backward(payload, tlm::END_REQ, kNanosecond);
        }) == "time_order");
}

TEST_CASE("nonblocking_wait: a target waits in nb_transport_fw") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_forward = [](auto&&...) {
            sc_core::wait(kNanosecond);
            return tlm::TLM_ACCEPTED;
          };
          begun(rig);
        }) == "nonblocking_wait");
}

TEST_CASE("nonblocking_wait: an initiator waits a delta cycle in nb_transport_bw") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_backward = [](auto&&...) {
            sc_core::wait(sc_core::SC_ZERO_TIME);
            return tlm::TLM_ACCEPTED;
          };
          rig.backward(begun(rig), tlm::END_REQ);
        }) == "nonblocking_wait");
}

TEST_CASE("blocking_process: b_transport in a method") {
  Rig rig("rig");
  std::string message;
  sc_core::sc_spawn_options options;
  options.spawn_method();
  sc_core::sc_spawn(
      [&] {
        try {
          rig.block(rig.payload());
        } catch (const sc_core::sc_report& report) {
          message = report.get_msg();
        }
      },
      "method", &options);
  sc_core::sc_start();
  CHECK(message.find("broken rule blocking_process:") != std::string::npos);
}

namespace {

/// An answer to a request for direct memory at 0x40: the region of `first` to `last`, read-only, if granted.
struct Answer {
  std::uint64_t first = 0;
  std::uint64_t last = 0x80;
  bool granted = true;
  bool pointer = true;
};

std::string broken_by_answer(const Answer& answer, bool write = false) {
  return broken_by([&](Rig& rig) {
    unsigned char byte = 0;
    rig.on_direct_memory = [&](Payload&, tlm::tlm_dmi& region) {
      region.set_start_address(answer.first);
      region.set_end_address(answer.last);
      region.set_dmi_ptr(answer.pointer ? &byte : nullptr);
      region.allow_read();
      return answer.granted;
    };
    Payload& payload = rig.payload();
    if (!write) payload.set_read();
    tlm::tlm_dmi region;
    rig.initiator->get_direct_mem_ptr(payload, region);
  });
}

}  // namespace

TEST_CASE("dmi_descriptor: a descriptor with the last answer still in it") {
  CHECK(broken_by([](Rig& rig) {
          tlm::tlm_dmi region;
          region.set_end_address(0x80);
          rig.initiator->get_direct_mem_ptr(rig.payload(), region);
        }) == "dmi_descriptor");
}

TEST_CASE("dmi_region: beside the address") {
  CHECK(broken_by_answer({0x41, 0x80}) == "dmi_region");
}

TEST_CASE("dmi_region: denied beside the address") {
  CHECK(broken_by_answer({0, 0x3f, false}) == "dmi_region");
}

TEST_CASE("dmi_region: an end before the start") {
  CHECK(broken_by_answer({0x80, 0}) == "dmi_region");
}

TEST_CASE("dmi_region: without a pointer") {
  CHECK(broken_by_answer({0, 0x80, true, false}) == "dmi_region");
}

TEST_CASE("dmi_access: read-only memory granted to a write") {
  CHECK(broken_by_answer({}, true) == "dmi_access");
}

TEST_CASE("dmi_wait: a target waits before it grants direct memory") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_direct_memory = [](auto&&...) {
            sc_core::wait(kNanosecond);
            return false;
          };
          tlm::tlm_dmi region;
          rig.initiator->get_direct_mem_ptr(rig.payload(), region);
        }) == "dmi_wait");
}

TEST_CASE("invalidated_range: backwards") {
  CHECK(broken_by([](Rig& rig) { rig.target->invalidate_direct_mem_ptr(8, 7); }) == "invalidated_range");
}

TEST_CASE("debug_count: more bytes than asked for") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_debug = [](auto&&...) { return 5u; };
          rig.initiator->transport_dbg(rig.payload());
        }) == "debug_count");
}

TEST_CASE("debug_wait: a debug access takes time") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_debug = [](auto&&...) {
            sc_core::wait(kNanosecond);
            return 4u;
          };
          rig.initiator->transport_dbg(rig.payload());
        }) == "debug_wait");
}

TEST_CASE("the message names link, transaction, rule and clause") {
  CHECK(error_of([](Rig& rig) {
          Payload& payload = rig.payload();
          payload.set_data_ptr(nullptr);
          rig.block(payload);
        }) ==
        "rig.checker: write of 4 bytes at 0x40: broken rule data_pointer: a read or write has a data pointer (IEEE "
        "1666-2011 clause 14.11)");
}

TEST_CASE("the page lists every rule as it is, and nothing else") {
  std::ifstream page(ESACT_DOCS "/protocol_checker.md");
  std::ostringstream rows;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| `", 0) == 0) rows << line << '\n';
  }
  std::ostringstream expected;
  for (std::size_t rule = 0; rule < kProtocolRules; ++rule) {
    const ProtocolRuleText& text = text_of(static_cast<ProtocolRule>(rule));
    expected << "| `" << text.name << "` | " << text.text << " | " << text.clause << " |\n";
  }
  CHECK(rows.str() == expected.str());
}
