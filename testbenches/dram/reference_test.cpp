#include <catch2/catch.hpp>
#include <cmath>

#include "traffic.h"

using namespace esact;
using namespace esact::test;

namespace {

constexpr std::size_t kRequests = 65536;

DramControllerConfig without_refresh() {
  DramControllerConfig config;
  config.refresh = false;
  return config;
}

/// Compares with the time that DRAMSys 5.1 takes (open page, FR-FCFS, queues of 8, all-bank refresh).
void check_ddr4(const Traffic& traffic, double microseconds, double tolerance) {
  const DramTable table = dram_table("ddr4");
  const double found = static_cast<double>(play(traffic, table, DramControllerConfig{})) * table.clock_ps / 1e6;
  CAPTURE(found, microseconds);
  CHECK(std::abs(found / microseconds - 1) <= tolerance);
}

}  // namespace

TEST_CASE("conflicts in one bank take RC each and the last one its latency") {
  struct Case {
    const char* preset;
    DramCycle cycles;
  };
  for (const Case& expected : {Case{"ddr4", 3604462}, Case{"lpddr4", 6356978}, Case{"hbm2", 2752508}}) {
    const DramTable table = dram_table(expected.preset);
    INFO(expected.preset);
    CHECK(play(conflicts(kRequests, table), table, without_refresh()) == expected.cycles);
  }
}

TEST_CASE("sequential DDR4 reads take CCD_S each and the last one the closed latency") {
  CHECK(play(sequential(kRequests), dram_table("ddr4"), without_refresh()) == 262177);
}

TEST_CASE("DDR4 with refresh agrees with the reference simulator on sequential reads") {
  check_ddr4(sequential(kRequests), 226.917, 0.001);
}

TEST_CASE("DDR4 with refresh agrees with the reference simulator on conflicts") {
  check_ddr4(conflicts(kRequests, dram_table("ddr4")), 3111.667, 0.001);
}

TEST_CASE("DDR4 with refresh agrees with the reference simulator on random reads") {
  check_ddr4(random(kRequests, 1, 0), 369.226, 0.02);
}

TEST_CASE("DDR4 with refresh agrees with the reference simulator on a random mix") {
  check_ddr4(random(kRequests, 2, 20), 379.419, 0.02);
}

TEST_CASE("DDR4 with refresh agrees with the reference simulator on alternating reads and writes") {
  check_ddr4(sequential(kRequests, true), 246.838, 0.02);
}

TEST_CASE("unloaded reads take the latency of a closed row, a hit and a conflict") {
  struct Case {
    const char* preset;
    DramCycle closed;
    DramCycle hit;
    DramCycle conflict;
  };
  // DDR4 as published; the hits of LPDDR4 and HBM2, which are not, follow from the tables: 1 + CCD + end of the data.
  for (const Case& expected : {Case{"ddr4", 37, 21, 53}, Case{"lpddr4", 83, 54, 110}, Case{"hbm2", 38, 23, 51}}) {
    const DramTable table = dram_table(expected.preset);
    const Traffic rows = conflicts(2, table);
    const std::vector<DramCycle> found = latencies({rows[0], rows[0], rows[1]}, table, without_refresh());
    INFO(expected.preset);
    CHECK(found == std::vector<DramCycle>{expected.closed, expected.hit, expected.conflict});
    CHECK(table.direct_latency == expected.closed);
  }
}
