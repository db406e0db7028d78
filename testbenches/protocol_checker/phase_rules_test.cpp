#include <catch2/catch.hpp>

#include "rig.h"

using namespace esact;
using namespace esact::test;

namespace {

TLM_DECLARE_EXTENDED_PHASE(first_beat);

}  // namespace

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
