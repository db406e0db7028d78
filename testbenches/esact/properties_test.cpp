#include "esact/rig.h"

/// Whatever decides about time decides nothing about values: one configuration a test, since one elaboration a process.
namespace esact {
namespace {

void check(const std::vector<std::string>& sets, std::uint32_t batch = 1, const std::string& workload = "similar") {
  Run run(workload, sets, batch);
  CHECK(run.simulate().outputs() == expected_outputs(workload, "sparse"));
  CHECK_FALSE(run.driver().error());
}

std::string smallest_sram(const std::string& workload) {
  return "sram.bytes=" + std::to_string(minimum_sram(workload));
}

/// All sequences in one batch, from the smallest SRAM on, which holds x like that, page by page.
void check_small_srams(const std::string& workload, std::uint32_t batch, const std::string& allocation, XPlacement x) {
  std::vector<std::unique_ptr<Run>> runs;
  for (std::uint64_t step = 0; step < 12; ++step) {
    const std::uint64_t bytes = minimum_sram(workload, batch) + step * kPageBytes;
    const std::vector<std::string> sets{"sram.allocation=" + allocation, "sram.bytes=" + std::to_string(bytes)};
    runs.push_back(std::make_unique<Run>(workload, sets, batch, "machine_" + std::to_string(step)));
  }
  const platform::Image& image = runs.front()->image();
  const LayerPlan plan = plan_layer(image.work(image.batches().front(), 0), runs.front()->machine().esact.config());
  CHECK(plan.attention.x == x);
  CHECK(plan.attention.keys_resident == (x != XPlacement::kStreamed));
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (const auto& run : runs) run->load();
  for (const auto& run : runs) {
    platform::simulate(run->driver());
    CHECK(run->outputs() == expected_outputs(workload, "sparse"));
  }
}

}  // namespace

TEST_CASE("Values: the smallest SRAM") {
  check({smallest_sram("similar")});
}
TEST_CASE("Values: the smallest SRAM, contiguous") {
  check({smallest_sram("similar"), "sram.allocation=contiguous"});
}
TEST_CASE("Values: the smallest SRAM, causal") {
  check({smallest_sram("pre-causal")}, 1, "pre-causal");
}
TEST_CASE("Values: the smallest SRAM, contiguous, causal, stalls") {
  check({smallest_sram("pre-causal"), "sram.allocation=contiguous", "tlm.stall_permille=300"}, 1, "pre-causal");
}
TEST_CASE("Values: small SRAMs, from keys in DRAM on, sequences of very different lengths") {
  check_small_srams("packed", 4, "paged", XPlacement::kStreamed);
}
TEST_CASE("Values: small SRAMs, from keys in DRAM on, sequences of very different lengths, contiguous") {
  check_small_srams("packed", 4, "contiguous", XPlacement::kStreamed);
}
TEST_CASE("Values: small SRAMs, x from DRAM for every head") {
  check_small_srams("streamed", 5, "paged", XPlacement::kSequence);
}
TEST_CASE("Values: small SRAMs, x from DRAM for every head, contiguous") {
  check_small_srams("streamed", 5, "contiguous", XPlacement::kSequence);
}
TEST_CASE("Values: 8 MiB of SRAM") {
  check({"sram.bytes=8388608"});
}
TEST_CASE("Values: one line") {
  check({"mac_array.lines=1", "mac_array.groups=1"});
}
TEST_CASE("Values: 64 lines in 16 groups") {
  check({"mac_array.lines=64", "mac_array.groups=16"});
}
TEST_CASE("Values: static allocation") {
  check({"mac_array.allocation=static"});
}
TEST_CASE("Values: barrier instead of progressive generation") {
  check({"predictor.progressive=false"});
}
TEST_CASE("Values: a slow predictor") {
  check({"predictor.products_per_cycle=16"});
}
TEST_CASE("Values: projections always reused") {
  check({"projection.reuse=always"});
}
TEST_CASE("Values: projections never reused") {
  check({"projection.reuse=never"});
}
TEST_CASE("Values: two sequences in a batch, always reused") {
  check({"projection.reuse=always"}, 2);
}
TEST_CASE("Values: two sequences in a batch, never reused") {
  check({"projection.reuse=never"}, 2);
}
TEST_CASE("Values: approximate mode") {
  check({"tlm.mode=approximate"});
}
TEST_CASE("Values: approximate mode, one burst of 16 bytes at a time") {
  check({"tlm.mode=approximate", "tlm.burst_bytes=16", "tlm.outstanding=1"});
}
TEST_CASE("Values: approximate mode with stalls") {
  check({"tlm.mode=approximate", "tlm.stall_permille=200"});
}
TEST_CASE("Values: stalls, seed 1") {
  check({"tlm.stall_permille=200", "tlm.stall_seed=1"});
}
TEST_CASE("Values: stalls, seed 2, in a batch") {
  check({"tlm.stall_permille=200", "tlm.stall_seed=2"}, 2);
}
TEST_CASE("Values: long stalls on every transaction") {
  check({"tlm.stall_permille=1000", "tlm.stall_cycles=500"});
}
TEST_CASE("Values: one of everything") {
  check({"mac_array.queue_depth=1", "vector_unit.queue_depth=1", "dma.queue_depth=1", "dma.outstanding=1",
         "predictor.queue_depth=1", "engine.queue_depth=1", "engine.windows_in_flight=1", "scheduler.heads_in_flight=1",
         "ffn_array.tiles_in_flight=1"});
}
TEST_CASE("Values: one of everything, stalls, three sequences in a batch") {
  check({"mac_array.queue_depth=1", "vector_unit.queue_depth=1", "dma.queue_depth=1", "dma.outstanding=1",
         "predictor.queue_depth=1", "engine.queue_depth=1", "engine.windows_in_flight=1", "scheduler.heads_in_flight=1",
         "ffn_array.tiles_in_flight=1", "tlm.stall_permille=300"},
        3, "post-odd");
}
TEST_CASE("Values: slow memory") {
  check({"dram.bandwidth_gbps=0.5", "dram.latency_ns=2000"});
}

TEST_CASE("What makes the machine smaller or slower costs cycles, and no value") {
  const std::vector<std::vector<std::string>> slower{
      {"mac_array.lines=4"},           {smallest_sram("similar")},     {"predictor.products_per_cycle=16"},
      {"predictor.progressive=false"}, {"engine.windows_in_flight=1"}, {"ffn_array.tiles_in_flight=1"},
      {"vector_unit.lanes=4"},         {"dram.bandwidth_gbps=1"},      {"tlm.stall_permille=200"}};
  Run usual("similar", {}, 1, "usual");
  std::vector<std::unique_ptr<Run>> runs;
  for (std::size_t index = 0; index < slower.size(); ++index) {
    runs.push_back(std::make_unique<Run>("similar", slower[index], 1, "slower_" + std::to_string(index)));
  }
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  usual.load();
  for (const auto& run : runs) run->load();
  platform::simulate(usual.driver());
  for (std::size_t index = 0; index < runs.size(); ++index) {
    INFO(slower[index].front());
    platform::simulate(runs[index]->driver());
    CHECK(runs[index]->cycles() > usual.cycles());
    CHECK(runs[index]->outputs() == usual.outputs());
  }
}

}  // namespace esact
