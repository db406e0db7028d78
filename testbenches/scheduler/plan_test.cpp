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
      const LayerPlan plan = plan_layer(work, with_sram(bytes));
      const std::vector<bool> starts = window_starts(work);
      for (const std::vector<RowBlock>* blocks : {&plan.projection.blocks, &plan.ffn.blocks}) {
        std::uint32_t next = 0;
        for (const RowBlock& block : *blocks) {
          CHECK(block.first_token == next);
          CHECK(block.rows > 0);
          if (work.spls.enabled) CHECK(starts[block.first_token]);
          next += block.rows;
        }
        CHECK(next == work.tokens());
      }
    }
  }
}

TEST_CASE("The minimum is accepted and a page less is refused") {
  for (const LayerWork& work : works()) {
    const std::uint64_t minimum = minimum_sram_bytes(work, with_sram(1 << 20));
    CHECK(minimum % kPageBytes == 0);
    CHECK_FALSE(plan_layer(work, with_sram(minimum)).ffn.blocks.empty());
    const LayerPlan refused = plan_layer(work, with_sram(minimum - kPageBytes));
    CHECK(refused.projection.blocks.empty());
    CHECK(refused.ffn.blocks.empty());
    CHECK(refused.minimum_bytes == minimum);
  }
}

TEST_CASE("Every shape of the specification fits 1 MiB") {
  const std::vector<std::uint32_t> most(64, 1024);
  const std::vector<LayerWork> largest{make_work(8, 128, 4096, {1024}),       make_work(16, 64, 4096, {1024}),
                                       make_work(64, 16, 4096, most),         make_work(64, 1, 4096, most),
                                       make_work(1, 128, 4096, {1024}),       make_work(8, 128, 4096, most),
                                       make_work(8, 128, 4096, {1024}, false)};
  for (LayerWork work : largest) {
    for (std::uint16_t window : {1, 8, 64}) {
      work.spls.window = window;
      CHECK(minimum_sram_bytes(work, with_sram(1 << 20)) <= 1 << 20);
    }
  }
}

TEST_CASE("More SRAM brings x, keys and workers in, and never takes them away") {
  for (const LayerWork& work : works()) {
    const std::uint64_t minimum = minimum_sram_bytes(work, with_sram(1 << 20));
    LayerPlan before = plan_layer(work, with_sram(minimum));
    for (std::uint64_t bytes = minimum; bytes < 4 * minimum; bytes += 8 * kPageBytes) {
      const LayerPlan plan = plan_layer(work, with_sram(bytes));
      CHECK(plan.attention.keys_resident >= before.attention.keys_resident);
      CHECK(plan.attention.x >= before.attention.x);
      const bool moved_in =
          plan.attention.keys_resident > before.attention.keys_resident || plan.attention.x > before.attention.x;
      CHECK((moved_in || plan.attention.workers >= before.attention.workers));
      before = plan;
    }
  }
}

TEST_CASE("What a BERT-Base layer of 128 and 512 tokens does with 1 MiB") {
  const LayerPlan small = plan_layer(make_work(12, 64, 3072, {128}), with_sram(1 << 20));
  CHECK(small.attention.x == XPlacement::kBatch);
  CHECK(small.attention.workers == EngineConfig{}.windows_in_flight);
  CHECK(small.projection.weights_resident);
  CHECK(small.projection.blocks.size() > 2);
  CHECK(small.ffn.blocks.size() <= 2);
  const LayerPlan large = plan_layer(make_work(12, 64, 3072, {512}), with_sram(1 << 20));
  CHECK(large.attention.x == XPlacement::kBatch);
  CHECK_FALSE(large.z_resident);
  CHECK(large.projection.weights_resident);
  CHECK(large.ffn.blocks.front().rows >= 64);
}

TEST_CASE("Weights run ahead of a contiguous SRAM only where two sets fit for certain") {
  const LayerWork work = make_work(12, 64, 3072, {512});
  EsactConfig config = with_sram(1 << 20);
  CHECK(plan_layer(work, config).attention.weight_sets == config.scheduler.heads_in_flight);
  config = with_sram(minimum_sram_bytes(work, config) + 64 * kPageBytes, SramAllocation::kContiguous);
  CHECK(plan_layer(work, config).attention.weight_sets == 1);
  config.sram.bytes = 8 << 20;
  CHECK(plan_layer(work, config).attention.weight_sets == 2);
}

}  // namespace esact
