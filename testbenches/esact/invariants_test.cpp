#include "esact/rig.h"
#include "platforms/common/energy.h"

namespace esact {
namespace {

void check(const std::string& workload, const std::vector<std::string>& sets, std::uint32_t batch) {
  Run run(workload, sets, batch);
  run.simulate();
  const platform::Report report = run.report();
  CHECK(report.complete);
  CHECK_NOTHROW(platform::check_invariants(report));

  std::uint64_t layers = 0, batches = 0;
  for (const platform::LayerRecord& layer : report.layers) layers += layer.cycles;
  for (const platform::BatchRecord& record : report.batches) batches += record.cycles();
  CHECK(layers == batches);
  CHECK(layers == platform::totals(report, platform::EnergyModel()).cycles);
  for (const platform::BlockRecord& block : report.blocks) {
    INFO(block.name);
    std::uint64_t cycles = 0;
    for (std::uint64_t state : block.states) cycles += state;
    CHECK(cycles == block.units * block.cycles);
    if (block.name != "dram") CHECK(block.cycles == layers);
  }
}

}  // namespace

TEST_CASE("Busy, stalls and idle fill every unit's cycles, and layers add up: sparse") {
  check("post-odd", {}, 1);
}
TEST_CASE("Busy, stalls and idle fill every unit's cycles, and layers add up: dense") {
  check("pre-causal", {"spls.enabled=false"}, 2);
}
TEST_CASE("Busy, stalls and idle fill every unit's cycles, and layers add up: approximate, stalls") {
  check("similar", {"tlm.mode=approximate", "tlm.stall_permille=200"}, 2);
}
TEST_CASE("Busy, stalls and idle fill every unit's cycles, and layers add up: another core clock") {
  check("post-odd", {"clock.period_ps=1300"}, 3);
}

TEST_CASE("Work that is not done is not counted") {
  Run run("similar");
  run.simulate();
  const platform::LayerRecord layer = run.report().layers.front();
  for (std::size_t operation = 0; operation < kOperations; ++operation) {
    CHECK(layer.counts.macs[operation] <= layer.dense_macs[operation]);
  }
  CHECK(platform::sum(layer.counts.macs) < platform::sum(layer.dense_macs) / 2);
  CHECK(layer.counts.predictor_products > 0);
}

TEST_CASE("A dense run predicts nothing") {
  Run run("similar", {"spls.enabled=false"});
  run.simulate();
  const EventCounts counts = run.report().layers.front().counts;
  CHECK(counts.predictor_products == 0);
  CHECK(counts.hlog_conversions == 0);
  CHECK(counts.topk_compares == 0);
  CHECK(counts.output_adds == 0);
}

}  // namespace esact
