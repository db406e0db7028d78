#include "esact/rig.h"

/// Whatever decides about time decides nothing about values: one configuration a test, since one elaboration a process.
namespace esact {
namespace {

void check(const std::vector<std::string>& sets, std::uint32_t batch = 1, const std::string& workload = "similar") {
  Run run(workload, sets, batch);
  CHECK(run.simulate().outputs() == expected_outputs(workload, "sparse"));
  CHECK_FALSE(run.driver().error());
}

std::string minimum_sram(const std::string& workload) {
  const platform::PlatformConfig config;
  const platform::Workload loaded = platform::load_workload(workload_folder(workload));
  const platform::Image image(loaded, config, 1);
  std::uint64_t bytes = 0;
  for (const platform::Batch& batch : image.batches()) {
    bytes = std::max(bytes, minimum_sram_bytes(image.work(batch, 0), config.esact));
  }
  return "sram.bytes=" + std::to_string(bytes);
}

}  // namespace

TEST_CASE("Values: the smallest SRAM") {
  check({minimum_sram("similar")});
}
TEST_CASE("Values: the smallest SRAM, contiguous") {
  check({minimum_sram("similar"), "sram.allocation=contiguous"});
}
TEST_CASE("Values: the smallest SRAM, causal") {
  check({minimum_sram("pre-causal")}, 1, "pre-causal");
}
TEST_CASE("Values: the smallest SRAM, contiguous, causal, stalls") {
  check({minimum_sram("pre-causal"), "sram.allocation=contiguous", "tlm.stall_permille=300"}, 1, "pre-causal");
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

}  // namespace esact
