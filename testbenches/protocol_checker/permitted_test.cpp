#include <catch2/catch.hpp>

#include "rig.h"

using namespace esact;
using namespace esact::test;

namespace {

TLM_DECLARE_EXTENDED_PHASE(last_beat);

/// One way through the phases (IEEE 1666-2011 clause 15.2.4): how the three calls are answered.
enum class Request { kAccepted, kEnded, kResponded, kCompleted };
enum class Response { kAccepted, kEnded, kCompleted };

/// Target and initiator of one transaction that takes this way.
void pass(Rig& rig, Request request, bool end_request, Response response) {
  Payload& payload = rig.payload();
  rig.on_forward = [request](Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    if (phase != tlm::BEGIN_REQ || request == Request::kAccepted) return tlm::TLM_ACCEPTED;
    if (request != Request::kEnded) payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (request == Request::kCompleted) return tlm::TLM_COMPLETED;
    phase = request == Request::kEnded ? tlm::END_REQ : tlm::BEGIN_RESP;
    return tlm::TLM_UPDATED;
  };
  rig.on_backward = [response](Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    if (phase != tlm::BEGIN_RESP || response == Response::kAccepted) return tlm::TLM_ACCEPTED;
    payload.release();  // whoever completes it may give it up
    if (response == Response::kCompleted) return tlm::TLM_COMPLETED;
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  };
  rig.forward(payload, tlm::BEGIN_REQ);
  if (request == Request::kCompleted) return payload.release();
  if (end_request) rig.backward(payload, tlm::END_REQ);
  if (request != Request::kResponded) {
    rig.respond(payload);
    if (response != Response::kAccepted) return;
  }
  rig.forward(payload, tlm::END_RESP);
  payload.release();
}

void check_permitted(const std::function<void(Rig&)>& body) {
  const std::string error = error_of(body);
  INFO(error);
  CHECK(error.empty());
}

}  // namespace

TEST_CASE("every permitted sequence of phases passes, in any order") {
  check_permitted([](Rig& rig) {
    for (int round = 0; round < 3; ++round) {
      for (const Response response : {Response::kAccepted, Response::kEnded, Response::kCompleted}) {
        pass(rig, Request::kAccepted, true, response);
        pass(rig, Request::kAccepted, false, response);
        pass(rig, Request::kEnded, false, response);
      }
      pass(rig, Request::kResponded, false, Response::kAccepted);
      pass(rig, Request::kCompleted, false, Response::kAccepted);
    }
  });
}

TEST_CASE("requests are pipelined, responses come in another order, and blocking calls in between") {
  check_permitted([](Rig& rig) {
    Payload& first = rig.payload();
    Payload& second = rig.payload();
    rig.forward(first, tlm::BEGIN_REQ);
    rig.backward(first, tlm::END_REQ);
    rig.block(rig.payload());
    rig.forward(second, tlm::BEGIN_REQ);
    rig.respond(second);
    rig.forward(second, tlm::END_RESP);
    rig.respond(first);
    rig.forward(first, tlm::END_RESP);
  });
}

TEST_CASE("extended phases pass between BEGIN_REQ and END_RESP") {
  check_permitted([](Rig& rig) {
    Payload& payload = rig.payload();
    rig.forward(payload, tlm::BEGIN_REQ);
    rig.forward(payload, last_beat);
    rig.backward(payload, last_beat);
    rig.respond(payload);
    rig.backward(payload, last_beat);
    rig.forward(payload, tlm::END_RESP);
  });
}

TEST_CASE("time may pass inside b_transport, and requests may run ahead") {
  check_permitted([](Rig& rig) {
    rig.on_block = [](Payload& payload, sc_core::sc_time& delay) {
      sc_core::wait(delay + kNanosecond);
      delay = sc_core::SC_ZERO_TIME;
      payload.set_response_status(tlm::TLM_OK_RESPONSE);
    };
    rig.block(rig.payload(), 5 * kNanosecond);
    Payload& late = rig.payload();
    rig.forward(late, tlm::BEGIN_REQ, 9 * kNanosecond);
    rig.backward(late, tlm::END_REQ, 9 * kNanosecond);
    Payload& early = rig.payload();
    rig.forward(early, tlm::BEGIN_REQ, kNanosecond);
  });
}

TEST_CASE("two threads are inside b_transport at once") {
  Rig rig("rig");
  rig.on_block = [](Payload& payload, sc_core::sc_time&) {
    sc_core::wait(payload.get_address() == 0 ? 5 * kNanosecond : kNanosecond);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  };
  Thread slow("slow", [&] {
    Payload& payload = rig.payload();
    payload.set_address(0);
    rig.block(payload);
  });
  Thread fast("fast", [&] {
    for (int i = 0; i < 3; ++i) rig.block(rig.payload());
  });
  sc_core::sc_start();
  CHECK(slow.finished());
  CHECK(fast.finished());
}

TEST_CASE("a thread is killed inside b_transport, and its object is used again") {
  Rig rig("rig");
  Payload& payload = rig.payload();
  rig.on_block = [](Payload& payload, sc_core::sc_time&) {
    sc_core::wait(2 * kNanosecond);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  };
  sc_core::sc_process_handle killed = sc_core::sc_spawn([&] { rig.block(payload); });
  Thread thread("thread", [&] {
    sc_core::wait(kNanosecond);
    CHECK(rig.checker.in_flight() == 1);
    killed.kill();
    CHECK(rig.checker.in_flight() == 0);
    rig.block(payload);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

TEST_CASE("a debug access has its full payload accepted, and an ignored command has no data") {
  check_permitted([](Rig& rig) {
    rig.on_debug = [](Payload& payload) {
      payload.set_gp_option(tlm::TLM_FULL_PAYLOAD_ACCEPTED);
      return 0u;
    };
    Payload& payload = rig.payload();
    payload.set_gp_option(tlm::TLM_FULL_PAYLOAD);
    rig.initiator->transport_dbg(payload);
    Payload& ignored = rig.payload();
    ignored.set_command(tlm::TLM_IGNORE_COMMAND);
    ignored.set_data_ptr(nullptr);
    ignored.set_data_length(0);
    rig.block(ignored);
  });
}

TEST_CASE("all six calls reach the other side as they are, with their results") {
  unsigned char bytes[4] = {1, 2, 3, 4};
  std::vector<std::string> calls;
  check_permitted([&](Rig& rig) {
    rig.on_debug = [&](Payload& payload) {
      calls.emplace_back("debug");
      return payload.get_data_length() - 1;
    };
    rig.on_direct_memory = [&](Payload& payload, tlm::tlm_dmi& region) {
      calls.emplace_back("direct memory");
      region.set_start_address(payload.get_address());
      region.set_end_address(payload.get_address() + 3);
      region.set_dmi_ptr(bytes);
      region.allow_read_write();
      return true;
    };
    rig.on_forward = [&](Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
      calls.emplace_back("forward");
      payload.set_address(0);  // as an interconnect may do
      phase = tlm::END_REQ;
      delay += kNanosecond;
      return tlm::TLM_UPDATED;
    };
    Payload& payload = rig.payload();
    CHECK(rig.initiator->transport_dbg(payload) == 3);
    tlm::tlm_dmi region;
    CHECK(rig.initiator->get_direct_mem_ptr(payload, region));
    CHECK(region.get_dmi_ptr() == bytes);
    rig.target->invalidate_direct_mem_ptr(0, ~sc_dt::uint64{0});
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = kNanosecond;
    CHECK(rig.initiator->nb_transport_fw(payload, phase, delay) == tlm::TLM_UPDATED);
    CHECK(phase == tlm::END_REQ);
    CHECK(delay == 2 * kNanosecond);
  });
  CHECK(calls == std::vector<std::string>{"debug", "direct memory", "forward"});
}
