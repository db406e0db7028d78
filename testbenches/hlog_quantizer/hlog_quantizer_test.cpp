#include "hlog_quantizer/hlog_quantizer.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <numeric>
#include <string>

#include "hlog_quantizer/ideal_memory.h"
#include "kernels/quantizer.h"
#include "tlm/bind.h"
#include "tlm/initiator_port.h"
#include "tlm/memory_manager.h"

namespace esact::testbench {
namespace {

using kernels::Quantizer;

constexpr std::array<Quantizer, 5> kQuantizers = {Quantizer::kHlog, Quantizer::kHlogTiesDown, Quantizer::kPowerOfTwo,
                                                  Quantizer::kLeadingOne, Quantizer::kExact};
constexpr std::size_t kBytes = 256;
const Clock kClock(2000);

std::array<std::uint8_t, kBytes> all_codes(Quantizer quantizer) {
  std::array<std::uint8_t, kBytes> codes;
  for (std::size_t byte = 0; byte < kBytes; ++byte) {
    codes[byte] = kernels::encode(quantizer, static_cast<std::int8_t>(byte));
  }
  return codes;
}

/// A thread that runs the test's body and fails the test if it never ends.
class Driver : public sc_core::sc_module {
 public:
  Driver(sc_core::sc_module_name name, const TlmConfig& tlm) : sc_module(name), port("port", tlm, kClock) {
    SC_HAS_PROCESS(Driver);
    SC_THREAD(run);
  }

  InitiatorPort port;
  std::function<void()> body;
  bool done = false;

 private:
  void run() {
    body();
    done = true;
  }
};

TlmConfig config(TlmMode mode) {
  TlmConfig config;
  config.mode = mode;
  config.burst_bytes = 64;
  return config;
}

/// The bridge between a driver and a memory of 256 bytes, all values once, that answers after 5 cycles.
struct Rig {
  explicit Rig(TlmMode mode)
      : driver("driver", config(mode)),
        quantizer("quantizer", config(mode), kClock),
        memory("memory", kBytes, kClock.cycles(5)),
        links(config(mode), kClock) {
    links.bind(driver.port, quantizer.operands);
    links.bind(quantizer.memory, memory.memory);
    std::iota(memory.bytes.begin(), memory.bytes.end(), std::uint8_t{0});
  }

  void run(std::function<void()> body) {
    driver.body = std::move(body);
    sc_core::sc_start();
    REQUIRE(driver.done);
  }

  Driver driver;
  HlogQuantizer quantizer;
  IdealMemory memory;
  Links links;
};

void check_reads(TlmMode mode) {
  Rig rig(mode);
  rig.run([&] {
    std::uint64_t conversions = 0;
    for (const Quantizer quantizer : kQuantizers) {
      INFO("quantizer " << static_cast<int>(quantizer));
      std::array<std::uint8_t, kBytes> read{};
      rig.driver.port.read(operand_address(quantizer, 0), read.data(), kBytes);
      CHECK(read == all_codes(quantizer));
      if (quantizer != Quantizer::kExact) conversions += kBytes;
      CHECK(rig.quantizer.counts().hlog_conversions == conversions);
    }
    rig.driver.port.stream(operand_address(Quantizer::kHlog, 16), 100);
    CHECK(rig.quantizer.counts().hlog_conversions == conversions + 100);
  });
}

TEST_CASE("every byte comes back as its code in loose mode") {
  check_reads(TlmMode::kLoose);
}

TEST_CASE("every byte comes back as its code in approximate mode") {
  check_reads(TlmMode::kApproximate);
}

TEST_CASE("the bridge adds no time and is busy while a read passes") {
  Rig rig(TlmMode::kLoose);
  rig.run([&] {
    kClock.wait(3);
    std::array<std::uint8_t, kBytes> read{};
    rig.driver.port.read(operand_address(Quantizer::kHlog, 0), read.data(), kBytes);
    CHECK(kClock.cycle(sc_core::sc_time_stamp()) == 8);
    kClock.wait(2);
    const StateCycles totals = rig.quantizer.ledger().totals();
    CHECK(totals[static_cast<std::size_t>(UnitState::kBusy)] == 5);
    CHECK(totals[static_cast<std::size_t>(UnitState::kIdle)] == 5);
  });
}

void check_errors(TlmMode mode) {
  Rig rig(mode);
  rig.run([&] {
    struct Case {
      tlm::tlm_command command;
      std::uint64_t address;
      tlm::tlm_response_status expected;
    };
    const std::uint64_t unknown_quantizer = std::uint64_t{5} << kQuantizerShift;
    const std::uint64_t top_bit = std::uint64_t{1} << 63;
    const std::uint64_t outside = operand_address(Quantizer::kPowerOfTwo, kBytes);
    for (const Case& test : {Case{tlm::TLM_WRITE_COMMAND, 0, tlm::TLM_COMMAND_ERROR_RESPONSE},
                             Case{tlm::TLM_READ_COMMAND, unknown_quantizer, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                             Case{tlm::TLM_READ_COMMAND, top_bit, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                             Case{tlm::TLM_READ_COMMAND, outside, tlm::TLM_ADDRESS_ERROR_RESPONSE}}) {
      std::array<std::uint8_t, 8> data;
      data.fill(0x5a);
      CHECK(rig.driver.port.transport(test.command, test.address, data.data(), data.size()) == test.expected);
      CHECK(std::all_of(data.begin(), data.end(), [](std::uint8_t byte) { return byte == 0x5a; }));
    }
    CHECK(rig.quantizer.counts().hlog_conversions == 0);
  });
}

TEST_CASE("writes and unknown addresses are answered with errors in loose mode") {
  check_errors(TlmMode::kLoose);
}

TEST_CASE("writes and unknown addresses are answered with errors in approximate mode") {
  check_errors(TlmMode::kApproximate);
}

TEST_CASE("debug reads give codes without time or counts, debug writes nothing") {
  Rig rig(TlmMode::kLoose);
  rig.run([&] {
    std::array<std::uint8_t, kBytes> read{};
    rig.driver.port.debug_read(operand_address(Quantizer::kLeadingOne, 0), read.data(), kBytes);
    CHECK(read == all_codes(Quantizer::kLeadingOne));
    CHECK(rig.quantizer.counts().hlog_conversions == 0);
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
    CHECK_THROWS_AS(rig.driver.port.debug_write(0, read.data(), 1), sc_core::sc_report);
    CHECK(rig.memory.bytes[0] == 0);
  });
}

const std::array<unsigned char, 2> kCodes = {static_cast<unsigned char>(kernels::encode(Quantizer::kLeadingOne, -127)),
                                             static_cast<unsigned char>(kernels::encode(Quantizer::kLeadingOne, -126))};

/// A target that answers a read of bytes 0x81, 0x82 in the way of IEEE 1666 clause 15.2 it is told to, or by
/// b_transport.
enum class Answer { kCompleted, kUpdated, kBackward };

class ScriptedTarget : public sc_core::sc_module {
 public:
  explicit ScriptedTarget(sc_core::sc_module_name name) : sc_module(name) {
    memory.register_nb_transport_fw(this, &ScriptedTarget::nb_transport_fw);
    memory.register_b_transport(this, &ScriptedTarget::b_transport);
  }

  tlm_utils::passthrough_target_socket<ScriptedTarget, 32> memory{"memory"};
  Answer answer = Answer::kCompleted;
  std::uint64_t seen_address = 0;
  bool ended = false;

  void respond_backward(tlm::tlm_generic_payload& payload) {
    fill(payload);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    memory->nb_transport_bw(payload, phase, delay);
  }

 private:
  void fill(tlm::tlm_generic_payload& payload) {
    seen_address = payload.get_address();
    payload.get_data_ptr()[0] = 0x81;
    payload.get_data_ptr()[1] = 0x82;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) { fill(payload); }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    if (phase == tlm::END_RESP) {
      ended = true;
      return tlm::TLM_COMPLETED;
    }
    if (answer == Answer::kBackward) return tlm::TLM_ACCEPTED;
    fill(payload);
    if (answer == Answer::kCompleted) return tlm::TLM_COMPLETED;
    phase = tlm::BEGIN_RESP;
    return tlm::TLM_UPDATED;
  }
};

class RawInitiator : public sc_core::sc_module {
 public:
  explicit RawInitiator(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_nb_transport_bw(this, &RawInitiator::nb_transport_bw);
  }

  tlm_utils::simple_initiator_socket<RawInitiator, 32> socket{"socket"};
  tlm::tlm_phase last_phase = tlm::UNINITIALIZED_PHASE;

 private:
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
    last_phase = phase;
    return tlm::TLM_ACCEPTED;
  }
};

struct RawRig {
  RawRig() {
    links.bind(initiator.socket, quantizer.operands);
    links.bind(quantizer.memory, target.memory);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  /// A read of all of `data`.
  tlm::tlm_generic_payload& read() {
    tlm::tlm_generic_payload& payload = payloads.acquire();
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(kAddress);
    payload.set_data_ptr(data.data());
    payload.set_data_length(data.size());
    payload.set_streaming_width(data.size());
    return payload;
  }

  static constexpr std::uint64_t kAddress = operand_address(Quantizer::kLeadingOne, 0x1234);
  RawInitiator initiator{"initiator"};
  HlogQuantizer quantizer{"quantizer", TlmConfig(), kClock};
  ScriptedTarget target{"target"};
  Links links{TlmConfig(), kClock};
  MemoryManager<> payloads;
  std::array<unsigned char, 2> data{};
};

TEST_CASE("the address is restored with every form of response") {
  RawRig rig;
  for (const Answer answer : {Answer::kCompleted, Answer::kUpdated, Answer::kBackward}) {
    INFO("answer " << static_cast<int>(answer));
    rig.target.answer = answer;
    rig.target.ended = false;
    rig.data = {};
    tlm::tlm_generic_payload& payload = rig.read();
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum sync = rig.initiator.socket->nb_transport_fw(payload, phase, delay);
    if (answer == Answer::kBackward) {
      CHECK(sync == tlm::TLM_ACCEPTED);
      rig.target.respond_backward(payload);
      CHECK(rig.initiator.last_phase == tlm::BEGIN_RESP);
    }
    CHECK(rig.target.seen_address == 0x1234);
    CHECK(payload.get_address() == RawRig::kAddress);
    CHECK(rig.data == kCodes);
    if (answer == Answer::kCompleted) continue;
    phase = tlm::END_RESP;
    CHECK(rig.initiator.socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_COMPLETED);
    CHECK(rig.target.ended);
  }
  rig.data = {};
  tlm::tlm_generic_payload& payload = rig.read();
  sc_core::sc_time delay;
  rig.initiator.socket->b_transport(payload, delay);
  CHECK(payload.get_address() == RawRig::kAddress);
  CHECK(rig.data == kCodes);
  CHECK(rig.quantizer.counts().hlog_conversions == 4 * rig.data.size());
}

TEST_CASE("byte enables and short streaming widths are refused") {
  RawRig rig;
  unsigned char enable = 0xff;
  sc_core::sc_time delay;
  tlm::tlm_generic_payload& enabled = rig.read();
  enabled.set_byte_enable_ptr(&enable);
  enabled.set_byte_enable_length(1);
  rig.initiator.socket->b_transport(enabled, delay);
  CHECK(enabled.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);

  tlm::tlm_generic_payload& streaming = rig.read();
  streaming.set_streaming_width(1);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  CHECK(rig.initiator.socket->nb_transport_fw(streaming, phase, delay) == tlm::TLM_COMPLETED);
  CHECK(streaming.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(rig.data == std::array<unsigned char, 2>{});
  CHECK(streaming.get_address() == RawRig::kAddress);
}

}  // namespace
}  // namespace esact::testbench
