#include <catch2/catch.hpp>
#include <numeric>

#include "sram/address_map.h"
#include "work.h"

namespace esact {
namespace {

EsactConfig with_sram(std::uint64_t bytes, SramAllocation allocation = SramAllocation::kPaged) {
  EsactConfig config;
  config.sram.bytes = bytes;
  config.sram.allocation = allocation;
  return config;
}

std::vector<LayerWork> works() {
  return {make_work(1, 1, 1, {1}),
          make_work(3, 10, 70, {1, 7, 33}),
          make_work(12, 32, 1536, {15, 9, 256, 64, 1}),
          make_work(12, 64, 3072, {128}),
          make_work(12, 64, 3072, {512}, false),
          make_work(8, 128, 4096, {100, 200}),
          make_work(12, 32, 1536, std::vector<std::uint32_t>(64, 20))};
}

/// Tokens at which a window of some sequence starts, and the batch's end.
std::vector<bool> window_starts(const LayerWork& work) {
  std::vector<bool> starts(work.tokens() + 1);
  std::uint32_t first = 0;
  for (std::uint32_t tokens : work.sequences) {
    for (std::uint32_t row = 0; row < tokens; row += work.spls.window) starts[first + row] = true;
    first += tokens;
  }
  starts[first] = true;
  return starts;
}

}  // namespace

TEST_CASE("Row blocks hold every token once and whole windows") {
  for (const LayerWork& work : works()) {
    const std::uint64_t minimum = minimum_sram_bytes(work, with_sram(1 << 20));
    for (std::uint64_t bytes : {minimum, minimum + 64 * kPageBytes, std::uint64_t{4} << 20}) {
      if (bytes < minimum) continue;
      const LayerPlan plan = plan_layer(work, with_sram(bytes));
      const std::vector<bool> starts = window_starts(work);
      std::uint32_t next = 0;
      for (const RowBlock& block : plan.blocks) {
        CHECK(block.first_token == next);
        CHECK(block.rows > 0);
        if (work.spls.enabled) CHECK(starts[block.first_token]);
        next += block.rows;
      }
      CHECK(next == work.tokens());
    }
  }
}

TEST_CASE("The minimum is accepted and a page less is refused") {
  for (const LayerWork& work : works()) {
    const std::uint64_t minimum = minimum_sram_bytes(work, with_sram(1 << 20));
    CHECK(minimum % kPageBytes == 0);
    CHECK_FALSE(plan_layer(work, with_sram(minimum)).blocks.empty());
    const LayerPlan refused = plan_layer(work, with_sram(minimum - kPageBytes));
    CHECK(refused.blocks.empty());
    CHECK(refused.minimum_bytes == minimum);
  }
}

TEST_CASE("More SRAM takes x back in or gives workers, never takes them away") {
  for (const LayerWork& work : works()) {
    const std::uint64_t minimum = minimum_sram_bytes(work, with_sram(1 << 20));
    LayerPlan before = plan_layer(work, with_sram(minimum));
    for (std::uint64_t bytes = minimum; bytes < 4 * minimum; bytes += 8 * kPageBytes) {
      const LayerPlan plan = plan_layer(work, with_sram(bytes));
      CHECK(plan.x_resident >= before.x_resident);
      CHECK((plan.x_resident > before.x_resident || plan.engine_workers >= before.engine_workers));
      before = plan;
    }
  }
}

TEST_CASE("What a BERT-Base layer of 128 and 512 tokens does with 1 MiB") {
  const LayerPlan small = plan_layer(make_work(12, 64, 3072, {128}), with_sram(1 << 20));
  CHECK(small.x_resident);
  CHECK(small.engine_workers == EngineConfig{}.windows_in_flight);
  CHECK(small.blocks.size() <= 2);
  const LayerPlan large = plan_layer(make_work(12, 64, 3072, {512}), with_sram(1 << 20));
  CHECK(large.x_resident);
  CHECK_FALSE(large.z_resident);
  CHECK(large.largest_block() >= 64);
}

TEST_CASE("Weights run ahead of a contiguous SRAM only where two sets fit for certain") {
  const LayerWork work = make_work(12, 64, 3072, {512});
  const std::uint64_t minimum = minimum_sram_bytes(work, with_sram(1 << 20));
  CHECK(plan_layer(work, with_sram(minimum, SramAllocation::kContiguous)).weight_sets == 1);
  CHECK(plan_layer(work, with_sram(8 << 20, SramAllocation::kContiguous)).weight_sets == 2);
  CHECK(plan_layer(work, with_sram(minimum)).weight_sets == SchedulerConfig{}.heads_in_flight);
}

}  // namespace esact
