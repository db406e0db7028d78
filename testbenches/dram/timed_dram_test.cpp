#include <catch2/catch.hpp>

#include "timed_dram_bench.h"
#include "tlm/raw_initiator.h"
#include "tlm/test_memory.h"
#include "tlm/thread.h"
#include "traffic.h"

using namespace esact;
using namespace esact::test;

namespace {

std::uint64_t now() {
  return sc_core::sc_time_stamp().value();
}

TimedDramConfig small(bool direct_access = false) {
  TimedDramConfig config;
  config.bytes = 1 << 20;
  config.direct_access = direct_access;
  return config;
}

constexpr tlm::tlm_command kRead = tlm::TLM_READ_COMMAND;
constexpr tlm::tlm_command kWrite = tlm::TLM_WRITE_COMMAND;
constexpr tlm::tlm_command kIgnore = tlm::TLM_IGNORE_COMMAND;

}  // namespace

TEST_CASE("wrong accesses get their response, take no time and change nothing") {
  TimedDram dram("dram", dram_table("ddr4"), small());
  RawInitiator initiator("initiator");
  initiator.bind(dram.memory);
  Thread thread("thread", [&] {
    check_accesses(initiator,
                   {{"beyond the end", kRead, 1 << 20, 64, 64, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                    {"across the end", kWrite, (1 << 20) - 32, 64, 64, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                    {"top of the addresses", kRead, ~std::uint64_t{0}, 1, 1, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                    {"read of no bytes", kRead, 0, 0, 64, false, tlm::TLM_BURST_ERROR_RESPONSE},
                    {"write of no bytes", kWrite, 0, 0, 64, false, tlm::TLM_BURST_ERROR_RESPONSE},
                    {"streaming", kWrite, 0, 64, 32, false, tlm::TLM_BURST_ERROR_RESPONSE},
                    {"byte enables", kWrite, 0, 64, 64, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
                    {"ignored, no bytes", kIgnore, 0, 0, 0, false, tlm::TLM_OK_RESPONSE}});
    CHECK(now() == 0);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(dram.bytes().resident_bytes() == 0);
  const DramControllerStatistics statistics = dram.controller_statistics();
  CHECK(statistics.read_requests + statistics.write_requests == 0);
}

TEST_CASE("an unloaded access takes the controller's latency, blocking and in phases") {
  TimedDramConfig config = small();
  config.controller.refresh = false;
  TimedDramBench bench("bench", "ddr4", config);
  std::vector<std::uint64_t> times;
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(64);
    for (InitiatorPort* port : {&bench.blocking, &bench.phased}) {
      for (const std::uint64_t row : {0, 0, 1}) {
        Clock::wait_until(bench.dram.ledger().clock().cycles(1000 * (times.size() + 1)));
        const std::uint64_t start = now();
        port->read(row << 17, data.data(), data.size());
        times.push_back((now() - start) / 833);
      }
    }
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(times == std::vector<std::uint64_t>{37, 21, 53, 53, 21, 53});
}

TEST_CASE("accesses between clock edges arrive at the next edge") {
  TimedDramConfig config = small();
  config.controller.refresh = false;
  TimedDramBench bench("bench", "ddr4", config);
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(64);
    sc_core::wait(100, sc_core::SC_PS);
    bench.blocking.read(0, data.data(), data.size());
    CHECK(now() == (1 + 37) * 833);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

TEST_CASE("a long access ends with its last burst and is one of many in the queues") {
  TimedDramConfig config = small();
  config.controller.refresh = false;
  TimedDramBench bench("bench", "ddr4", config);
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(4096);
    bench.blocking.read(0, data.data(), data.size());
    CHECK(now() == (63 * 4 + 37) * 833);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.dram.statistics().row_hits == 60);
  CHECK(bench.dram.statistics().row_misses == 4);
  CHECK(bench.dram.statistics().read_bytes == 4096);
  CHECK(bench.dram.ledger().totals()[0] == 64 * 4);
  CHECK(bench.dram.statistics().busy_seconds == Approx(64 * 4 * 833e-12));
}

TEST_CASE("an idle DRAM takes no events and catches up with its refreshes") {
  TimedDramBench bench("bench", "ddr4", small());
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(64);
    sc_core::wait(1, sc_core::SC_MS);
    bench.blocking.write(0, data.data(), data.size());
  });
  sc_core::sc_start();  // returns, since nothing is left to do
  CHECK(thread.finished());
  CHECK(now() < 1000200000);
  CHECK(bench.dram.statistics().refreshes == 1000000000 / 833 / 9360);
}

TEST_CASE("an ignored command is timed as a read and moves nothing") {
  TimedDramConfig config = small();
  config.controller.refresh = false;
  TimedDramBench bench("bench", "ddr4", config);
  Thread thread("thread", [&] {
    bench.blocking.stream(0, 64);
    CHECK(now() == 37 * 833);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.dram.bytes().resident_bytes() == 0);
}

TEST_CASE("direct access has the table's latency and the bounds of the memory") {
  TimedDram dram("dram", dram_table("lpddr4"), small(true));
  RawInitiator initiator("initiator");
  initiator.bind(dram.memory);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  tlm::tlm_dmi region;
  REQUIRE(initiator.direct_memory(70000, region));
  CHECK(region.is_read_write_allowed());
  CHECK(region.get_read_latency().value() == 83 * 625);
  CHECK(region.get_write_latency().value() == 83 * 625);
  CHECK(region.get_start_address() == 65536);
  CHECK(region.get_end_address() == 2 * 65536 - 1);
  check_no_direct_memory(initiator, 1 << 20, 1 << 20, ~std::uint64_t{0});
}

TEST_CASE("without loose mode there is no direct access") {
  TimedDram dram("dram", dram_table("lpddr4"), small());
  RawInitiator initiator("initiator");
  initiator.bind(dram.memory);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  check_no_direct_memory(initiator, 0, 0, ~std::uint64_t{0});
}

TEST_CASE("the hint at direct access comes with a good response, if there is direct access") {
  TimedDram dram("dram", dram_table("ddr4"), small(true));
  RawInitiator initiator("initiator");
  initiator.bind(dram.memory);
  Thread thread("thread", [&] {
    unsigned char byte = 0;
    tlm::tlm_generic_payload payload;
    payload.set_read();
    payload.set_data_ptr(&byte);
    payload.set_data_length(1);
    payload.set_streaming_width(1);
    initiator.block(payload);
    CHECK(payload.is_response_ok());
    CHECK(payload.is_dmi_allowed());
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

TEST_CASE("a memory larger than its channels is refused") {
  TimedDramConfig config;
  config.bytes = std::uint64_t{1} << 30;
  CHECK_THROWS_WITH(TimedDram("dram", dram_table("hbm2"), config), Catch::Contains("more channels"));
  config.controller.channels = 2;
  CHECK_NOTHROW(TimedDram("wide", dram_table("hbm2"), config));
}
