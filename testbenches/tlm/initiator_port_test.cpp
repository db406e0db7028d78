#include "tlm/initiator_port.h"

#include <catch2/catch.hpp>
#include <memory>

#include "protocol_checker/protocol_checker.h"
#include "test_memory.h"
#include "thread.h"
#include "tlm/bind.h"

using namespace esact;
using namespace esact::test;

namespace {

const Clock kClock(2000);

TlmConfig config_of(TlmMode mode, std::uint32_t burst_bytes = 256, std::uint32_t outstanding = 4) {
  TlmConfig config;
  config.mode = mode;
  config.burst_bytes = burst_bytes;
  config.outstanding = outstanding;
  return config;
}

std::uint64_t now() {
  return kClock.cycle(sc_core::sc_time_stamp());
}

/// One port, a checker and a memory.
class Bench : public sc_core::sc_module {
 public:
  Bench(const sc_core::sc_module_name& name, const TlmConfig& config, std::uint64_t cycles,
        std::uint32_t port_bytes = 0, std::size_t queue_depth = 4)
      : sc_core::sc_module(name),
        port("port", config, kClock, port_bytes),
        checker("checker"),
        memory("memory", kClock, cycles, queue_depth) {
    port.bind(checker.in);
    checker.out.bind(memory.memory);
  }
  InitiatorPort port;
  ProtocolChecker checker;
  TestMemory memory;
};

/// Writes and reads back every length of 1..`lengths` at odd addresses; true if all bytes came back.
bool round_trips(InitiatorPort& port, TestMemory& memory, std::size_t lengths) {
  bool equal = true;
  for (std::size_t length = 1; length <= lengths; ++length) {
    const std::uint64_t address = 3 * length % 61;
    const auto out = pattern(length, static_cast<std::uint32_t>(length));
    std::vector<std::uint8_t> back(length);
    port.write(address, out.data(), length);
    equal = equal && std::equal(out.begin(), out.end(), memory.bytes.begin() + static_cast<long>(address));
    port.read(address, back.data(), length);
    equal = equal && back == out;
  }
  return equal;
}

/// Owns a port and exports it as a plain socket, as the accelerator does with its DMA's.
class Exporter : public sc_core::sc_module {
 public:
  tlm::tlm_initiator_socket<32> out;
  InitiatorPort port;
  Exporter(const sc_core::sc_module_name& name, const TlmConfig& config)
      : sc_core::sc_module(name), out("out"), port("port", config, kClock) {
    port.bind(out);
  }
};

void check_exported_port(TlmMode mode) {
  Exporter exporter("exporter", config_of(mode, 64));
  TestMemory memory("memory", kClock, 1);
  Links links(TlmConfig{}, kClock);
  links.bind(exporter.out, memory.memory);
  bool equal = false;
  Thread thread("thread", [&] { equal = round_trips(exporter.port, memory, 200); });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(equal);
}

struct WireCase {
  std::uint32_t port_bytes;
  std::size_t bytes;
  std::uint64_t memory_cycles;
  std::uint64_t expected;  // cycles from call to return
};

}  // namespace

TEST_CASE("loose: bytes of every length arrive") {
  Bench bench("bench", config_of(TlmMode::kLoose), 1);
  bool equal = false;
  Thread thread("thread", [&] { equal = round_trips(bench.port, bench.memory, 300); });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(equal);
  CHECK(bench.memory.accesses == 600);
}

TEST_CASE("approximate: bytes of every length arrive in legal bursts") {
  Bench bench("bench", config_of(TlmMode::kApproximate, 64, 3), 2);
  bool equal = false;
  Thread thread("thread", [&] { equal = round_trips(bench.port, bench.memory, 300); });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(equal);
  CHECK(bench.checker.in_flight() == 0);
  CHECK(bench.checker.most_in_flight() == 3);
  CHECK(bench.checker.completed() > 600);
}

TEST_CASE("loose: a port may be exported as a plain socket") {
  check_exported_port(TlmMode::kLoose);
}
TEST_CASE("approximate: a port may be exported as a plain socket") {
  check_exported_port(TlmMode::kApproximate);
}

TEST_CASE("approximate: bursts end at multiples of burst_bytes") {
  Bench bench("bench", config_of(TlmMode::kApproximate, 64, 4), 1);
  std::vector<std::uint8_t> data(200);
  Thread thread("thread", [&] { bench.port.write(60, data.data(), data.size()); });
  sc_core::sc_start();
  CHECK(bench.checker.completed() == 5);  // 4, 64, 64, 64, 4
}

TEST_CASE("approximate: a target with little room holds the requests back") {
  Bench bench("bench", config_of(TlmMode::kApproximate, 16, 8), 5, 0, 2);
  std::vector<std::uint8_t> data = pattern(256, 7);
  std::uint64_t cycles = 0;
  Thread thread("thread", [&] {
    bench.port.write(0, data.data(), data.size());
    cycles = now();
  });
  sc_core::sc_start();
  CHECK(std::equal(data.begin(), data.end(), bench.memory.bytes.begin()));
  CHECK(cycles == 16 * 5);
  CHECK(bench.checker.most_in_flight() == 3);  // two in work and one whose END_REQ is withheld
}

TEST_CASE("wires bound the time of a transaction") {
  const std::vector<WireCase> cases = {{0, 4096, 3, 3},   {64, 64, 1, 1},   {64, 65, 1, 2},
                                       {64, 4096, 3, 64}, {16, 48, 10, 10}, {128, 1, 1, 1}};
  std::vector<std::unique_ptr<Bench>> benches;
  for (const WireCase& wire_case : cases) {
    benches.push_back(std::make_unique<Bench>(sc_core::sc_gen_unique_name("bench"), config_of(TlmMode::kLoose),
                                              wire_case.memory_cycles, wire_case.port_bytes));
  }
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(4096);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const std::uint64_t start = now();
      benches[i]->port.write(0, data.data(), cases[i].bytes);
      INFO("port " << cases[i].port_bytes << " bytes " << cases[i].bytes);
      CHECK(now() - start == cases[i].expected);
    }
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

TEST_CASE("two threads share the wires of a port") {
  Bench bench("bench", config_of(TlmMode::kLoose), 0, 64);
  std::vector<std::uint64_t> ends;
  const auto body = [&] {
    std::vector<std::uint8_t> data(640);
    bench.port.write(0, data.data(), data.size());
    ends.push_back(now());
  };
  Thread first("first", body);
  Thread second("second", body);
  sc_core::sc_start();
  CHECK(ends == std::vector<std::uint64_t>{10, 20});
}

TEST_CASE("calls begin and end at clock edges, no bytes take no time") {
  Bench bench("bench", config_of(TlmMode::kLoose), 1);
  Thread thread("thread", [&] {
    std::uint8_t byte = 1;
    bench.port.write(0, &byte, 0);
    bench.port.stream(0, 0);
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
    sc_core::wait(500, sc_core::SC_PS);
    bench.port.write(0, &byte, 1);
    CHECK(sc_core::sc_time_stamp() == kClock.cycles(2));
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.memory.accesses == 1);
}

TEST_CASE("stream takes a read's time and no data") {
  Bench bench("bench", config_of(TlmMode::kApproximate, 64), 2);
  Thread thread("thread", [&] {
    bench.port.stream(0, 640);
    CHECK(now() == 20);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.memory.accesses == 10);
}

TEST_CASE("an error response is returned by transport and fatal for read") {
  Bench bench("bench", config_of(TlmMode::kLoose), 1);
  std::string message;
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(8, 0xee);
    CHECK(bench.port.transport(tlm::TLM_READ_COMMAND, 1 << 16, data.data(), 8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(data == std::vector<std::uint8_t>(8, 0xee));
    try {
      bench.port.read(1 << 16, data.data(), 8);
    } catch (const sc_core::sc_report& report) {
      message = report.get_msg();
    }
  });
  sc_core::sc_start();
  CHECK(message == "bench.port: read of 8 bytes at 0x10000 answered TLM_ADDRESS_ERROR_RESPONSE");
}

TEST_CASE("approximate: the first failing burst stops an operand") {
  Bench bench("bench", config_of(TlmMode::kApproximate, 64, 1), 1);
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(640);
    status = bench.port.transport(tlm::TLM_WRITE_COMMAND, (1 << 16) - 64, data.data(), data.size());
  });
  sc_core::sc_start();
  CHECK(status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.checker.completed() == 2);
}

TEST_CASE("debug accesses take no time and have no side effects") {
  Bench bench("bench", config_of(TlmMode::kApproximate), 1);
  Thread thread("thread", [&] {
    const auto out = pattern(1000, 1);
    std::vector<std::uint8_t> back(1000);
    bench.port.debug_write(5, out.data(), out.size());
    bench.port.debug_read(5, back.data(), back.size());
    CHECK(back == out);
    CHECK_THROWS_AS(bench.port.debug_read(1 << 16, back.data(), 1), sc_core::sc_report);
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.memory.accesses == 0);
}

TEST_CASE("payloads are pooled") {
  MemoryManager<> manager;
  tlm::tlm_generic_payload& first = manager.acquire();
  first.set_response_status(tlm::TLM_OK_RESPONSE);
  first.release();
  tlm::tlm_generic_payload& second = manager.acquire();
  CHECK(&second == &first);
  CHECK(second.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE);
  tlm::tlm_generic_payload& third = manager.acquire();
  CHECK(manager.size() == 2);
  second.release();
  third.release();
}
