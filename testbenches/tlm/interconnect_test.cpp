#include "tlm/interconnect.h"

#include <catch2/catch.hpp>
#include <memory>

#include "protocol_checker/protocol_checker.h"
#include "test_memory.h"
#include "thread.h"
#include "tlm/initiator_port.h"

using namespace esact;
using namespace esact::test;

namespace {

const Clock kClock(1000);

/// Two initiators, two memories of different speed, a checker on every link.
class Bench : public sc_core::sc_module {
 public:
  Bench(const sc_core::sc_module_name& name, TlmMode mode)
      : sc_core::sc_module(name), interconnect("interconnect"), slow("slow", kClock, 7, 1), fast("fast", kClock, 1, 2) {
    TlmConfig config;
    config.mode = mode;
    config.burst_bytes = 64;
    for (int i = 0; i < 2; ++i) {
      ports.push_back(std::make_unique<InitiatorPort>(sc_core::sc_gen_unique_name("port"), config, kClock));
      ports.back()->bind(checker().in);
      checkers.back()->out.bind(interconnect.in());
    }
    interconnect.map("slow", 0x1000, 0x10000, checker().in);
    checkers.back()->out.bind(slow.memory);
    interconnect.map("fast", std::uint64_t{1} << 40, 0x10000, checker().in);
    checkers.back()->out.bind(fast.memory);
  }

  ProtocolChecker& checker() {
    checkers.push_back(std::make_unique<ProtocolChecker>(sc_core::sc_gen_unique_name("checker")));
    return *checkers.back();
  }

  Interconnect interconnect;
  TestMemory slow;
  TestMemory fast;
  std::vector<std::unique_ptr<InitiatorPort>> ports;
  std::vector<std::unique_ptr<ProtocolChecker>> checkers;
};

void check_routes(TlmMode mode) {
  Bench bench("bench", mode);
  std::vector<std::unique_ptr<Thread>> threads;
  for (std::uint32_t i = 0; i < 4; ++i) {
    threads.push_back(std::make_unique<Thread>(sc_core::sc_gen_unique_name("thread"), [&bench, i] {
      const std::uint64_t base = i % 2 == 0 ? 0x1000 : std::uint64_t{1} << 40;
      InitiatorPort& port = *bench.ports[i / 2];
      const auto out = pattern(1000, i);
      std::vector<std::uint8_t> back(1000);
      port.write(base + 2000 * (i / 2) + 5, out.data(), out.size());
      port.read(base + 2000 * (i / 2) + 5, back.data(), back.size());
      CHECK(back == out);
    }));
  }
  sc_core::sc_start();
  for (const auto& thread : threads) CHECK(thread->finished());
  for (const auto& checker : bench.checkers) CHECK(checker->in_flight() == 0);
  const auto expected = pattern(1000, 2);
  CHECK(std::equal(expected.begin(), expected.end(), bench.slow.bytes.begin() + 2005));
}

void check_unmapped(TlmMode mode) {
  Bench bench("bench", mode);
  Thread thread("thread", [&] {
    std::uint8_t data[64] = {};
    for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{0xfff}, std::uint64_t{0x11000},
                                        std::uint64_t{0x10ff8}, (std::uint64_t{1} << 40) - 1}) {
      CHECK(bench.ports[0]->transport(tlm::TLM_READ_COMMAND, address, data, 16) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    CHECK(bench.ports[0]->transport(tlm::TLM_READ_COMMAND, 0x10ff0, data, 16) == tlm::TLM_OK_RESPONSE);
    CHECK_THROWS_AS(bench.ports[0]->debug_read(0, data, 1), sc_core::sc_report);
    bench.ports[0]->debug_read(0x1000, data, 64);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

}  // namespace

TEST_CASE("loose: addresses are routed and offset") {
  check_routes(TlmMode::kLoose);
}
TEST_CASE("approximate: addresses are routed and offset") {
  check_routes(TlmMode::kApproximate);
}
TEST_CASE("loose: what no range holds is an address error") {
  check_unmapped(TlmMode::kLoose);
}
TEST_CASE("approximate: what no range holds is an address error") {
  check_unmapped(TlmMode::kApproximate);
}

TEST_CASE("overlapping ranges are named") {
  Interconnect interconnect("bus");
  TestMemory first("first", kClock, 1);
  TestMemory second("second", kClock, 1);
  interconnect.map("dram", 0x1000, 0x1000, first.memory);
  std::string message;
  try {
    interconnect.map("csr", 0x1fff, 1, second.memory);
  } catch (const sc_core::sc_report& report) {
    message = report.get_msg();
  }
  CHECK(message == "bus: range csr at 0x1fff overlaps range dram at 0x1000");
  interconnect.map("csr", 0x2000, 1, second.memory);
}
