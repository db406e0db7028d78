#include <catch2/catch.hpp>

#include "rig.h"

using namespace esact;
using namespace esact::test;

namespace {

/// A blocking write on which `change` is done before.
std::string broken_by_initiator(const std::function<void(Payload&)>& change) {
  return broken_by([&](Rig& rig) {
    Payload& payload = rig.payload();
    change(payload);
    rig.block(payload);
  });
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
