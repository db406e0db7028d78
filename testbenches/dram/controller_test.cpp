#include <catch2/catch.hpp>

#include "traffic.h"

using namespace esact;
using namespace esact::test;

namespace {

/// Counts what comes back and checks the order of a request's calls.
class Counter : public DramClient {
 public:
  void burst(std::uint32_t, std::uint64_t, DramCycle) override { ++bursts; }
  void entered(std::uint32_t) override { ++entries; }
  void completed(std::uint32_t, DramCycle) override { ++completions; }
  std::uint64_t bursts = 0;
  std::uint64_t entries = 0;
  std::uint64_t completions = 0;
};

struct Span {
  std::uint64_t address;
  std::uint64_t bytes;
  std::uint64_t bursts;
};

DramControllerStatistics statistics_of(const Traffic& traffic, const DramTable& table,
                                       const DramControllerConfig& config) {
  Recorder recorder;
  DramController controller(table, config, recorder);
  for (const MemoryAccess& access : traffic) controller.submit(0, access.address, kRequestBytes, access.write);
  drain(controller);
  return controller.statistics(controller.last_end());
}

}  // namespace

TEST_CASE("a request of any length is cut into aligned bursts and completes once") {
  for (const std::uint32_t channels : {1u, 4u}) {
    DramControllerConfig config;
    config.channels = channels;
    Counter counter;
    DramController controller(dram_table("ddr4"), config, counter);
    std::uint64_t bursts = 0;
    std::uint64_t requests = 0;
    for (const Span& span :
         {Span{0, 1, 1}, Span{63, 2, 2}, Span{64, 64, 1}, Span{1, 4096, 65}, Span{512, 1 << 20, 16384}}) {
      controller.submit(0, span.address, span.bytes, false);
      drain(controller);
      bursts += span.bursts;
      ++requests;
      CHECK(counter.bursts == bursts);
      CHECK(counter.entries == requests);
      CHECK(counter.completions == requests);
    }
  }
}

TEST_CASE("channels share the load of sequential reads") {
  DramControllerConfig config;
  config.refresh = false;
  config.channels = 4;
  const DramCycle cycles = play(sequential(65536), dram_table("ddr4"), config);
  CHECK(cycles >= 65536);
  CHECK(cycles <= 65536 + 600);
}

TEST_CASE("hits, misses and conflicts add up and mean what they say") {
  DramControllerConfig config;
  config.refresh = false;
  const DramTable table = dram_table("ddr4");
  const DramControllerStatistics rows = statistics_of(conflicts(1000, table), table, config);
  CHECK(rows.counts.row_misses == 1);
  CHECK(rows.counts.row_conflicts == 999);
  CHECK(rows.counts.activity.activates == 1000);
  CHECK(rows.counts.precharges == 999);

  const DramControllerStatistics line = statistics_of(sequential(128 * 4), table, config);
  CHECK(line.counts.row_misses == 4);
  CHECK(line.counts.row_hits == 508);
  CHECK(line.counts.data_cycles == 512 * 4);
  CHECK(line.counts.activity.active_cycles + line.counts.activity.precharged_cycles == line.cycles);

  const DramControllerStatistics mix = statistics_of(random(5000, 3, 30), table, DramControllerConfig{});
  CHECK(mix.counts.row_hits + mix.counts.row_misses + mix.counts.row_conflicts == 5000);
  CHECK(mix.read_bytes + mix.write_bytes == 5000 * 64);
  CHECK(mix.counts.most_waiting <= 16 * 8);
  CHECK(mix.latency.count() == 5000);
}

TEST_CASE("occupancy and latency of a single read are exact") {
  DramControllerConfig config;
  config.refresh = false;
  const DramControllerStatistics one = statistics_of({{0, false}}, dram_table("ddr4"), config);
  CHECK(one.cycles == 37);
  CHECK(one.counts.waiting_cycles == 16);  // from cycle 1 to RD in cycle 17
  CHECK(one.counts.activity.active_cycles == 36);
  CHECK(one.latency.most() == 37);
  CHECK(one.queue_latency.most() == 36);
}

TEST_CASE("how time is advanced does not matter") {
  const Traffic traffic = random(2000, 7, 40);
  const DramTable table = dram_table("hbm2");
  Recorder whole;
  DramController at_once(table, DramControllerConfig{}, whole);
  at_once.record_commands(true);
  Recorder pieces;
  DramController stepwise(table, DramControllerConfig{}, pieces);
  stepwise.record_commands(true);
  for (const MemoryAccess& access : traffic) {
    at_once.submit(0, access.address, kRequestBytes, access.write);
    stepwise.submit(0, access.address, kRequestBytes, access.write);
  }
  drain(at_once);
  for (DramCycle cycle = 0; stepwise.in_flight() > 0; cycle += 3) stepwise.advance(cycle);
  REQUIRE(pieces.commands.size() >= whole.commands.size());
  for (std::size_t i = 0; i < whole.commands.size(); ++i) {
    REQUIRE(whole.commands[i].cycle == pieces.commands[i].cycle);
    REQUIRE(whole.commands[i].command == pieces.commands[i].command);
    REQUIRE(whole.commands[i].location.bank == pieces.commands[i].location.bank);
  }
}

TEST_CASE("a configuration that does not fit the table is refused with its name") {
  struct Case {
    const char* key;
    void (*change)(DramControllerConfig&);
  };
  Counter counter;
  const std::vector<Case> cases{{"channels", [](DramControllerConfig& c) { c.channels = 3; }},
                                {"queue_depth", [](DramControllerConfig& c) { c.queue_depth = 0; }},
                                {"request_bytes", [](DramControllerConfig& c) { c.request_bytes = 48; }}};
  for (const Case& wrong : cases) {
    DramControllerConfig config;
    wrong.change(config);
    CHECK_THROWS_WITH(DramController(dram_table("ddr4"), config, counter), Catch::Contains(wrong.key));
  }
}

TEST_CASE("percentiles are exact below 2048 cycles and within a thousandth above") {
  LatencyHistogram histogram;
  for (std::uint64_t cycles = 1; cycles <= 1000; ++cycles) histogram.add(cycles);
  CHECK(histogram.percentile(500) == 500);
  CHECK(histogram.percentile(999) == 999);
  CHECK(histogram.mean() == Approx(500.5));
  LatencyHistogram high;
  high.add(1234567);
  CHECK(high.percentile(500) == 1234567);
  high.add(987654321);
  CHECK(static_cast<double>(high.percentile(1000)) == Approx(987654321).epsilon(0.001));
  CHECK(LatencyHistogram().percentile(990) == 0);
}
