#include "scheduler/planner.h"

#include <algorithm>
#include <initializer_list>
#include <numeric>

#include "common/address_cursor.h"
#include "scheduler/row_groups.h"
#include "sram/page_pool.h"

namespace esact {
namespace {

constexpr std::uint64_t kStagingPages = 1;                 ///< where the scheduler keeps descriptors
constexpr std::uint32_t kProjectionRows[] = {32, 24, 16};  ///< rows of a projection block where wo is resident
constexpr std::uint32_t kSmallBlock = 32;         ///< rows below which weight traffic outweighs what buffers give
constexpr std::uint32_t kUsefulBlock = 128;       ///< likewise where the buffers give little
constexpr std::uint32_t kWorkersWithOneHead = 4;  ///< engine workers that one head keeps busy

std::uint64_t pages(std::uint64_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes;
}

std::uint64_t pages(std::initializer_list<std::uint64_t> buffers) {
  return std::accumulate(buffers.begin(), buffers.end(), std::uint64_t{0},
                         [](std::uint64_t sum, std::uint64_t bytes) { return sum + pages(bytes); });
}

}  // namespace

Planner::Planner(const LayerWork& work, const EsactConfig& config)
    : work_(work),
      config_(config),
      layout_(work.shape),
      available_(config.sram.bytes / kPageBytes - kStagingPages),
      smallest_block_(std::min(work.spls.enabled ? work.spls.window : 8u, work.longest())),
      plan_(least()) {}

LayerPlan Planner::least() const {
  LayerPlan plan;
  plan.projection.blocks = plan.ffn.blocks = cut_blocks(smallest_block_);
  plan.minimum_bytes = (needed_pages(plan, {}) + kStagingPages) * kPageBytes;
  return plan;
}

LayerPlan Planner::plan() {
  if (plan_.minimum_bytes > config_.sram.bytes) {
    plan_.projection.blocks.clear();
    plan_.ffn.blocks.clear();
    return plan_;
  }
  plan_attention();
  plan_projection();
  plan_ffn();
  return plan_;
}

void Planner::plan_attention() {
  const auto try_workers = [this](std::uint32_t count, HeadsInFlight heads) {
    if (count > config_.engine.windows_in_flight) return;
    try_change([count](LayerPlan& plan) { plan.attention.workers = count; }, heads);
  };
  try_change([](LayerPlan& plan) { plan.attention.keys_resident = true; });
  try_change([](LayerPlan& plan) { plan.attention.x = XPlacement::kSequence; });
  try_change([](LayerPlan& plan) { plan.attention.x = XPlacement::kBatch; });
  if (!plan_.attention.keys_resident) return;  // one head at a time, and nothing to spare
  try_workers(2, {1, 1});
  try_change([](LayerPlan& plan) { plan.attention.weight_sets = 2; }, {2, 1});
  for (std::uint32_t count = 3; count <= kWorkersWithOneHead; ++count) try_workers(count, {2, 1});
  for (std::uint32_t count = kWorkersWithOneHead + 1; count <= config_.engine.windows_in_flight; ++count) {
    try_workers(count, {2, 2});
  }
  // Pages need no place of their own, so weights may run ahead as far as there are free ones.
  if (config_.sram.allocation == SramAllocation::kPaged) {
    plan_.attention.weight_sets = config_.scheduler.heads_in_flight;
  }
}

void Planner::plan_projection() {
  const std::uint32_t workers = config_.ffn_array.tiles_in_flight;
  const auto blocks = [](LayerPlan& plan) -> std::vector<RowBlock>& { return plan.projection.blocks; };
  for (std::uint32_t rows : kProjectionRows) {
    const bool resident = try_change([&](LayerPlan& plan) {
      plan.projection = {true, work_.shape.output_tiles(), workers, 2, cut_blocks(block_rows(rows))};
    });
    if (resident) return;
  }
  const auto try_tiles = [&](std::uint32_t tiles, std::uint32_t count, std::uint32_t rows) {
    try_change([&](LayerPlan& plan) {
      plan.projection = {false, tiles, std::min(count, workers), 1, cut_blocks(block_rows(rows))};
    });
  };
  try_tiles(2, 1, kSmallBlock);
  try_tiles(2, 2, kSmallBlock);
  try_tiles(4, 3, kUsefulBlock);
  enlarge(blocks);
}

void Planner::plan_ffn() {
  const std::uint32_t workers = config_.ffn_array.tiles_in_flight;
  const auto try_tiles = [&](std::uint32_t tiles, std::uint32_t count, std::uint32_t chunks, std::uint32_t rows) {
    try_change([&](LayerPlan& plan) {
      plan.ffn = {tiles, std::min(count, workers), chunks, cut_blocks(block_rows(rows))};
    });
  };
  // Two tiles and workers overlap loading and activation; more of them only where they leave room for a useful block.
  try_tiles(2, 1, 1, kSmallBlock);
  try_tiles(2, 2, 2, kSmallBlock);
  for (std::uint32_t tiles = 2; tiles <= 4; ++tiles) try_tiles(tiles, 3, 2, kUsefulBlock);
  try_change([](LayerPlan& plan) { plan.x1_resident = true; });
  try_change([](LayerPlan& plan) { plan.z_resident = true; }, {2, 2});
  enlarge([](LayerPlan& plan) -> std::vector<RowBlock>& { return plan.ffn.blocks; });
}

bool Planner::try_change(const Change& change, HeadsInFlight heads) {
  LayerPlan candidate = plan_;
  change(candidate);
  if (needed_pages(candidate, heads) > available_) return false;
  plan_ = candidate;
  return true;
}

void Planner::enlarge(std::function<std::vector<RowBlock>&(LayerPlan&)> blocks) {
  std::uint32_t rows = blocks(plan_).front().rows;
  for (std::uint32_t step = work_.tokens(); step > 0; step /= 2) {
    while (rows + step <= work_.tokens() &&
           try_change([&](LayerPlan& plan) { blocks(plan) = cut_blocks(rows + step); })) {
      rows += step;
    }
  }
}

std::uint64_t Planner::needed_pages(const LayerPlan& plan, HeadsInFlight heads) const {
  return std::max({attention_pages(plan, heads), projection_pages(plan), ffn_pages(plan)});
}

std::uint64_t Planner::row_group_pages(bool with_x) const {
  const std::uint64_t width = work_.shape.width;
  return kVectorLanes * pages({RowGroups::h_bytes(width), with_x ? RowGroups::x_bytes(width) : 0});
}

std::uint64_t Planner::attention_pages(const LayerPlan& plan, HeadsInFlight heads) const {
  const std::uint64_t batch_bytes = std::uint64_t{work_.tokens()} * work_.shape.width;
  const bool in_sram = plan.attention.x == XPlacement::kBatch;
  const HeadBuffers head = head_buffers(work_, plan, work_.longest());
  const std::uint64_t shared = pages({
      layout_.attention_constants().bytes,
      plan.attention.workers * engine_scratch(work_, plan).bytes,
      in_sram ? batch_bytes : 0,
      plan.z_resident ? batch_bytes : 0,
      predictor_rows_bytes(work_, plan),
  });
  const std::uint64_t head_pages =
      heads.weights * pages(layout_.head_weights(0).bytes) +
      heads.buffers * pages({head.keys, head.values, head.mask, head.z, head.x, head.selection});
  const std::uint64_t vote_pages = pages({std::uint64_t{work_.shape.heads} * work_.longest(), work_.longest()});
  return shared + std::max({row_group_pages(!in_sram), head_pages, vote_pages});
}

std::uint64_t Planner::projection_pages(const LayerPlan& plan) const {
  const std::uint64_t batch_bytes = std::uint64_t{work_.tokens()} * work_.shape.width;
  const ProjectionBuffers buffers = projection_buffers(work_, plan);
  return pages({layout_.block_constants().bytes, plan.z_resident ? batch_bytes : 0, plan.x1_resident ? batch_bytes : 0,
                buffers.scratch}) +
         row_group_pages(!plan.x1_resident) +
         plan.projection.blocks_in_flight * pages({buffers.z, buffers.sums, buffers.representatives, buffers.lists}) +
         plan.projection.weight_tiles * pages(std::uint64_t{work_.shape.width} * kTileColumns);
}

std::uint64_t Planner::ffn_pages(const LayerPlan& plan) const {
  const FfnBuffers buffers = ffn_buffers(work_, plan);
  const std::uint64_t tile = std::uint64_t{std::max(work_.shape.width, work_.shape.chunk_depth(0))} * kTileColumns;
  return pages({layout_.block_constants().bytes,
                plan.x1_resident ? std::uint64_t{work_.tokens()} * work_.shape.width : 0, buffers.x1, buffers.y,
                buffers.sums, buffers.scratch}) +
         2 * pages({buffers.lists, buffers.roots}) + row_group_pages(false) + plan.ffn.weight_tiles * pages(tile);
}

std::uint32_t Planner::block_rows(std::uint32_t rows) const {
  return std::max(smallest_block_, std::min(rows, work_.tokens()));
}

std::vector<RowBlock> Planner::cut_blocks(std::uint32_t rows) const {
  const std::uint32_t window = work_.spls.enabled ? work_.spls.window : 1;
  const std::uint32_t count = (work_.tokens() + rows - 1) / rows;
  const std::uint32_t target = std::min(rows, (work_.tokens() + count - 1) / count + window - 1);
  std::vector<RowBlock> blocks{{0, 0}};
  for (std::uint32_t sequence : work_.sequences) {
    for (std::uint32_t first = 0; first < sequence; first += window) {
      const std::uint32_t window_rows = std::min(window, sequence - first);
      if (blocks.back().rows + window_rows > target) {
        blocks.push_back({blocks.back().first_token + blocks.back().rows, 0});
      }
      blocks.back().rows += window_rows;
    }
  }
  return blocks;
}

}  // namespace esact
