#include "scheduler/plan.h"

#include <algorithm>
#include <initializer_list>
#include <numeric>

#include "sparse_attention_engine/scratch.h"
#include "sram/page_pool.h"

namespace esact {
namespace {

constexpr std::uint64_t kStagingPages = 1;  ///< where the scheduler keeps descriptors

std::uint64_t pages(std::uint64_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes;
}

std::uint64_t pages(std::initializer_list<std::uint64_t> buffers) {
  return std::accumulate(buffers.begin(), buffers.end(), std::uint64_t{0},
                         [](std::uint64_t sum, std::uint64_t bytes) { return sum + pages(bytes); });
}

std::uint64_t row_group_bytes(const LayerWork& work) {
  return std::uint64_t{kVectorRows} * work.shape.width * 4;
}

/// Pages that live from the start of the layer to its end.
std::uint64_t layer_pages(const LayerWork& work) {
  const std::uint64_t heads = work.shape.heads, tokens = work.tokens();
  return pages({heads * tokens, tokens, heads * work.sequences.size() * sizeof(PredictionResult)}) +
         pages(row_group_bytes(work)) * kVectorLanes;
}

std::uint64_t head_pages(const LayerWork& work, const LayerPlan& plan) {
  const HeadBuffers buffers = head_buffers(work, plan, work.longest());
  return pages({buffers.keys, buffers.values, buffers.mask, buffers.z, buffers.x});
}

/// How many heads have their weights and their other buffers in SRAM at a time.
struct HeadsInFlight {
  std::uint64_t weights = 1;
  std::uint64_t buffers = 1;
};

/// Pages of the attention phase.
std::uint64_t attention_pages(const LayerWork& work, const LayerPlan& plan, HeadsInFlight heads) {
  const ParameterLayout layout(work.shape);
  const std::uint64_t batch_bytes = std::uint64_t{work.tokens()} * work.shape.width;
  const EngineScratch scratch(work.longest(), work.shape.head_width);
  return layer_pages(work) + pages(layout.attention_constants().bytes) + pages(plan.engine_workers * scratch.bytes) +
         (plan.x_resident ? pages(batch_bytes) : pages(std::uint64_t{kVectorRows} * work.shape.width) * kVectorLanes) +
         (plan.z_resident ? pages(batch_bytes) : 0) + heads.weights * pages(layout.head_weights(0).bytes) +
         heads.buffers * head_pages(work, plan);
}

/// Pages of the row-block phase with blocks of `rows` rows.
std::uint64_t block_pages(const LayerWork& work, const LayerPlan& plan, std::uint32_t rows) {
  const ParameterLayout layout(work.shape);
  const BlockBuffers buffers = block_buffers(work, plan, rows);
  const std::uint64_t tile = std::uint64_t{std::max(work.shape.width, work.shape.chunk_depth(0))} * kTileColumns;
  return layer_pages(work) + pages(layout.block_constants().bytes) + plan.weight_tiles * pages(tile) +
         (plan.z_resident ? pages(std::uint64_t{work.tokens()} * work.shape.width) : 0) +
         pages({buffers.z, buffers.x1, buffers.y, buffers.sums, buffers.lists, plan.ffn_workers * buffers.scratch});
}

/// Cuts the batch into blocks of whole windows of at most about `rows` rows, as equal as the windows allow.
std::vector<RowBlock> cut_blocks(const LayerWork& work, std::uint32_t rows) {
  const std::uint32_t window = work.spls.enabled ? work.spls.window : 1;
  const std::uint32_t count = (work.tokens() + rows - 1) / rows;
  const std::uint32_t target = std::min(rows, (work.tokens() + count - 1) / count + window - 1);
  std::vector<RowBlock> blocks{{0, 0}};
  for (std::uint32_t sequence : work.sequences) {
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

/// Spends the SRAM beyond the minimum on what is worth most first: x in SRAM saves a stream per head, workers keep the
/// array busy, a second set of weights and a second head hide loading, z in SRAM saves a round trip.
class Planner {
 public:
  Planner(const LayerWork& work, const EsactConfig& config, std::uint32_t smallest_block, const LayerPlan& minimum)
      : work_(work),
        config_(config),
        available_(config.sram.bytes / kPageBytes - kStagingPages),
        smallest_block_(smallest_block),
        useful_block_(std::max(smallest_block, std::min(work.tokens(), 128u))),
        plan_(minimum) {}

  void plan_attention() {
    try_change({1, 1}, smallest_block_, [](LayerPlan& plan) { plan.x_resident = true; });
    try_change({1, 1}, smallest_block_, [this](LayerPlan& plan) { plan.engine_workers = workers(2); });
    try_change({2, 1}, smallest_block_, [](LayerPlan& plan) { plan.weight_sets = 2; });
    for (std::uint32_t count = 3; count <= workers(4); ++count) {
      try_change({2, 1}, smallest_block_, [count](LayerPlan& plan) { plan.engine_workers = count; });
    }
    for (std::uint32_t count = 5; count <= config_.engine.windows_in_flight; ++count) {
      try_change({2, 2}, smallest_block_, [count](LayerPlan& plan) { plan.engine_workers = count; });
    }
    // Pages need no place of their own, so weights may run ahead as far as there are free ones.
    if (config_.sram.allocation == SramAllocation::kPaged) plan_.weight_sets = config_.scheduler.heads_in_flight;
  }

  void plan_blocks() {
    // Two tiles and workers overlap loading and activation; more of them only where they leave room for a useful block.
    constexpr std::uint32_t kSmallBlock = 32;
    try_tiles(2, 1, std::max(smallest_block_, std::min(work_.tokens(), kSmallBlock)));
    try_tiles(2, 2, std::max(smallest_block_, std::min(work_.tokens(), kSmallBlock)));
    for (std::uint32_t tiles = 3; tiles <= 4; ++tiles) try_tiles(tiles, 3, useful_block_);
    try_change({2, 2}, useful_block_, [](LayerPlan& plan) { plan.z_resident = true; });

    std::uint32_t block = smallest_block_;
    for (std::uint32_t step = work_.tokens(); step > 0; step /= 2) {
      while (block + step <= work_.tokens() && block_pages(work_, plan_, block + step) <= available_) block += step;
    }
    plan_.blocks = cut_blocks(work_, block);
  }

  const LayerPlan& plan() const { return plan_; }

 private:
  std::uint32_t workers(std::uint32_t most) const { return std::min(most, config_.engine.windows_in_flight); }

  void try_tiles(std::uint32_t tiles, std::uint32_t workers, std::uint32_t rows) {
    try_change({1, 1}, rows, [&](LayerPlan& plan) {
      plan.weight_tiles = tiles;
      plan.ffn_workers = std::min(workers, config_.ffn_array.tiles_in_flight);
    });
  }

  /// Keeps the change if the work still fits with that many heads in flight and blocks of `rows` rows.
  template <class Change>
  void try_change(HeadsInFlight heads, std::uint32_t rows, Change change) {
    LayerPlan candidate = plan_;
    change(candidate);
    if (attention_pages(work_, candidate, heads) > available_) return;
    if (block_pages(work_, candidate, rows) > available_) return;
    plan_ = candidate;
  }

  const LayerWork& work_;
  const EsactConfig& config_;
  std::uint64_t available_;       ///< pages
  std::uint32_t smallest_block_;  ///< rows of the smallest possible row block
  std::uint32_t useful_block_;    ///< rows below which a block's weight traffic outweighs z's
  LayerPlan plan_;
};

}  // namespace

std::uint32_t LayerWork::tokens() const {
  return std::accumulate(sequences.begin(), sequences.end(), 0u);
}

std::uint32_t LayerWork::longest() const {
  return *std::max_element(sequences.begin(), sequences.end());
}

std::uint32_t LayerPlan::largest_block() const {
  std::uint32_t rows = 0;
  for (const RowBlock& block : blocks) rows = std::max(rows, block.rows);
  return rows;
}

std::uint64_t minimum_sram_bytes(const LayerWork& work, const EsactConfig& config) {
  return plan_layer(work, config).minimum_bytes;
}

std::uint64_t scratch_bytes(const LayerWork& work) {
  return 2 * align64(std::uint64_t{work.tokens()} * work.shape.width);
}

HeadBuffers head_buffers(const LayerWork& work, const LayerPlan& plan, std::uint32_t tokens) {
  HeadBuffers buffers;
  buffers.keys = buffers.values = std::uint64_t{tokens} * work.shape.head_width;
  if (work.spls.enabled) buffers.mask = std::uint64_t{tokens} * mask_stride(tokens);
  if (!plan.z_resident) buffers.z = std::uint64_t{tokens} * work.shape.head_width;
  if (!plan.x_resident) buffers.x = std::uint64_t{tokens} * work.shape.width;
  return buffers;
}

BlockBuffers block_buffers(const LayerWork& work, const LayerPlan& plan, std::uint32_t rows) {
  const LayerShape& shape = work.shape;
  const std::uint64_t count = rows;
  BlockBuffers buffers;
  if (!plan.z_resident) buffers.z = count * shape.width;
  buffers.x1 = count * shape.width;
  buffers.y_chunks = std::min(2u, shape.ffn_chunks());
  buffers.y = buffers.y_chunks * count * shape.chunk_depth(0);
  buffers.sums = count * shape.width * 4;
  buffers.lists = BlockLists{0, rows, shape.heads}.bytes();
  buffers.scratch = align64(count * kTileColumns * 4);
  return buffers;
}

LayerPlan plan_layer(const LayerWork& work, const EsactConfig& config) {
  const std::uint32_t smallest_block = std::min(work.spls.enabled ? work.spls.window : 8u, work.longest());
  LayerPlan plan;
  const std::uint64_t minimum_pages =
      std::max(attention_pages(work, plan, {1, 1}), block_pages(work, plan, smallest_block)) + kStagingPages;
  plan.minimum_bytes = minimum_pages * kPageBytes;
  if (plan.minimum_bytes > config.sram.bytes) return plan;

  Planner planner(work, config, smallest_block, plan);
  planner.plan_attention();
  planner.plan_blocks();
  return planner.plan();
}

}  // namespace esact
