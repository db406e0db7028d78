#include "dram/simple_dram.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <numeric>

#include "protocol_checker/protocol_checker.h"
#include "tlm/initiator_port.h"
#include "tlm/raw_initiator.h"
#include "tlm/test_memory.h"
#include "tlm/thread.h"

using namespace esact;
using namespace esact::test;

namespace {

/// 1 ps: every time is an edge.
const Clock kFine(1);

SimpleDramConfig config() {
  SimpleDramConfig config;
  config.bytes = 1 << 30;
  config.latency_ns = 50;
  config.bandwidth_gbps = 16;
  config.clock_ps = 1000;
  return config;
}

class Bench : public sc_core::sc_module {
 public:
  SimpleDram dram;
  std::vector<std::unique_ptr<InitiatorPort>> ports;
  std::vector<std::unique_ptr<ProtocolChecker>> checkers;

  Bench(const sc_core::sc_module_name& name, TlmMode mode, int initiators, std::size_t queue_depth = 4)
      : sc_core::sc_module(name), dram("dram", config(), queue_depth) {
    TlmConfig tlm;
    tlm.mode = mode;
    for (int i = 0; i < initiators; ++i) {
      ports.push_back(std::make_unique<InitiatorPort>(sc_core::sc_gen_unique_name("port"), tlm, kFine));
      checkers.push_back(std::make_unique<ProtocolChecker>(sc_core::sc_gen_unique_name("checker")));
      ports.back()->bind(checkers.back()->in);
      checkers.back()->out.bind(dram.socket());
    }
  }
};

struct AccessCase {
  std::size_t bytes;
  std::uint64_t picoseconds;
};

std::uint64_t now() {
  return sc_core::sc_time_stamp().value();
}

std::uint64_t busy(const SimpleDram& dram) {
  return dram.ledger().totals()[0];
}

void check_bytes(TlmMode mode) {
  Bench bench("bench", mode, 2);
  std::vector<std::unique_ptr<Thread>> threads;
  for (std::uint32_t i = 0; i < 2; ++i) {
    threads.push_back(std::make_unique<Thread>(sc_core::sc_gen_unique_name("thread"), [&bench, i] {
      const auto out = pattern(100000, i);
      std::vector<std::uint8_t> back(out.size());
      bench.ports[i]->write(65000 + 200000 * i, out.data(), out.size());
      bench.ports[i]->read(65000 + 200000 * i, back.data(), back.size());
      CHECK(back == out);
    }));
  }
  sc_core::sc_start();
  CHECK(threads[0]->finished());
  CHECK(threads[1]->finished());
  const DramStatistics statistics = bench.dram.statistics();
  CHECK(statistics.read_bytes == 200000);
  CHECK(statistics.write_bytes == 200000);
  CHECK(statistics.busy_seconds == Approx(400000 / 16e9));
  CHECK_FALSE(statistics.row_hits);
  CHECK_FALSE(statistics.refreshes);
}

}  // namespace

TEST_CASE("an uncontended access takes bytes / bandwidth + latency") {
  const std::vector<AccessCase> cases = {{1, 50063}, {16, 51000}, {64, 54000}, {256, 66000}, {4096, 306000}};
  Bench bench("bench", TlmMode::kLoose, 1);
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(4096);
    for (const AccessCase& access : cases) {
      const std::uint64_t start = now();
      bench.ports[0]->read(0, data.data(), access.bytes);
      INFO(access.bytes << " bytes");
      CHECK(now() - start == access.picoseconds);
    }
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

TEST_CASE("accesses share the bandwidth and overlap their latency") {
  Bench bench("bench", TlmMode::kLoose, 2);
  std::vector<std::uint64_t> ends;
  const auto body = [&](std::size_t port, std::size_t bytes) {
    std::vector<std::uint8_t> data(bytes);
    bench.ports[port]->write(0, data.data(), bytes);
    ends.push_back(now());
  };
  Thread first("first", [&] { body(0, 1600); });
  Thread second("second", [&] { body(1, 160); });
  Thread watcher("watcher", [&] {
    sc_core::wait(40, sc_core::SC_NS);
    CHECK(busy(bench.dram) == 40);
    CHECK(bench.dram.statistics().busy_seconds == Approx(40e-9));
    sc_core::wait(80, sc_core::SC_NS);
    CHECK(busy(bench.dram) == 110);
    body(0, 320);
    CHECK(busy(bench.dram) == 130);
  });
  sc_core::sc_start();
  CHECK(ends == std::vector<std::uint64_t>{150000, 160000, 190000});
  const StateCycles totals = bench.dram.ledger().totals();
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == 190);
}

TEST_CASE("loose: bytes arrive and are counted") {
  check_bytes(TlmMode::kLoose);
}
TEST_CASE("approximate: bytes arrive and are counted") {
  check_bytes(TlmMode::kApproximate);
}

TEST_CASE("approximate: a full queue holds requests back") {
  Bench bench("bench", TlmMode::kApproximate, 1, 2);
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(1024);
    bench.ports[0]->write(0, data.data(), data.size());
    CHECK(now() == 148000);  // two bursts of 16 ns and 50 ns latency; the third enters when the first leaves
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.checkers[0]->most_in_flight() == 3);
}

TEST_CASE("illegal accesses get the response of IEEE 1666, take no time and count nothing") {
  SimpleDram dram("dram", config(), 4);
  RawInitiator initiator("initiator");
  initiator.bind(dram.socket());
  constexpr std::uint64_t kEnd = 1 << 30;
  constexpr tlm::tlm_command kRead = tlm::TLM_READ_COMMAND;
  constexpr tlm::tlm_command kWrite = tlm::TLM_WRITE_COMMAND;
  Thread thread("thread", [&] {
    check_accesses(
        initiator,
        {{"behind the end", kRead, kEnd, 1, 1, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"over the end", kWrite, kEnd - 4, 8, 8, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"over the end of 64-bit addresses", kWrite, ~std::uint64_t{0}, 8, 8, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"ignored behind the end", tlm::TLM_IGNORE_COMMAND, kEnd, 1, 1, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"streaming", kRead, 0, 8, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
         {"streaming width 0", kWrite, 0, 8, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
         {"no bytes", kWrite, 0, 0, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
         {"byte enables", kWrite, 0, 8, 8, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE}});
    CHECK(now() == 0);
    std::uint8_t byte = 0xa5;
    CHECK(initiator.debug(kRead, kEnd, &byte, 1) == 0);
    CHECK(initiator.debug(kWrite, ~std::uint64_t{0}, &byte, 1) == 0);
    CHECK(initiator.debug(kRead, kEnd - 1, &byte, 1) == 1);
    CHECK(byte == 0);
    check_no_direct_memory(initiator, 64, 0, ~std::uint64_t{0});
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(dram.statistics().write_bytes == 0);
  CHECK(dram.statistics().read_bytes == 0);
  CHECK(dram.bytes().resident_bytes() == 0);
}

TEST_CASE("an ignored command is timed and counted as a read") {
  SimpleDram dram("dram", config(), 4);
  RawInitiator initiator("initiator");
  initiator.bind(dram.socket());
  Thread thread("thread", [&] {
    check_accesses(initiator, {{"ignored", tlm::TLM_IGNORE_COMMAND, 0, 64, 64, false, tlm::TLM_OK_RESPONSE}});
    CHECK(now() == 2 * 54000);  // once over either interface
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(dram.statistics().read_bytes == 2 * 64);
}

TEST_CASE("64 MiB are loaded and read back by debug accesses without time") {
  Bench bench("bench", TlmMode::kLoose, 1);
  Thread thread("thread", [&] {
    const auto out = pattern(64 << 20, 5);
    std::vector<std::uint8_t> back(out.size());
    const auto start = std::chrono::steady_clock::now();
    bench.ports[0]->debug_write(1000, out.data(), out.size());
    bench.ports[0]->debug_read(1000, back.data(), back.size());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    CHECK(back == out);
    CHECK(elapsed.count() < 5);
    CHECK(now() == 0);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.dram.statistics().write_bytes == 0);
}
