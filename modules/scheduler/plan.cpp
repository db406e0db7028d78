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

/// Pages of the attention phase with `heads` heads in flight.
std::uint64_t attention_pages(const LayerWork& work, const LayerPlan& plan, std::uint64_t heads) {
  const ParameterLayout layout(work.shape);
  const std::uint64_t batch_bytes = std::uint64_t{work.tokens()} * work.shape.width;
  const EngineScratch scratch(work.longest(), work.shape.head_width);
  return layer_pages(work) + pages(layout.attention_constants().bytes) + pages(plan.engine_workers * scratch.bytes) +
         (plan.x_resident ? pages(batch_bytes) : pages(std::uint64_t{kVectorRows} * work.shape.width) * kVectorLanes) +
         (plan.z_resident ? pages(batch_bytes) : 0) +
         heads * (pages(layout.head_weights(0).bytes) + head_pages(work, plan));
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
  const std::uint64_t available = config.sram.bytes / kPageBytes - kStagingPages;
  LayerPlan plan;
  const std::uint32_t smallest_block = std::min(work.spls.enabled ? work.spls.window : 8u, work.longest());
  plan.minimum_bytes =
      (std::max(attention_pages(work, plan, 1), block_pages(work, plan, smallest_block)) + kStagingPages) * kPageBytes;
  if (plan.minimum_bytes > config.sram.bytes) return plan;

  // What is worth most first: x in SRAM saves a stream per head, workers keep the array busy, a second head hides the
  // weights' loading, z in SRAM saves one round trip.
  const auto try_plan = [&](auto change, std::uint64_t heads) {
    LayerPlan candidate = plan;
    change(candidate);
    if (attention_pages(work, candidate, heads) <= available &&
        block_pages(work, candidate, smallest_block) <= available) {
      plan = candidate;
    }
  };
  const std::uint32_t workers = config.engine.windows_in_flight;
  try_plan([](LayerPlan& p) { p.x_resident = true; }, 1);
  for (std::uint32_t count = 2; count <= workers; ++count) {
    try_plan([count](LayerPlan& p) { p.engine_workers = count; }, count <= 2 ? 1 : 2);
  }
  const auto fits_block = [&](std::uint32_t rows, const LayerPlan& p) {
    return block_pages(work, p, rows) <= available;
  };
  const std::uint32_t useful_rows = std::min(work.tokens(), 128u);
  for (auto [tiles, ffn_workers] : {std::pair{2u, 1u}, {2u, 2u}, {3u, 2u}, {3u, 3u}, {4u, 3u}}) {
    LayerPlan candidate = plan;
    candidate.weight_tiles = tiles;
    candidate.ffn_workers = std::min(ffn_workers, config.ffn_array.tiles_in_flight);
    if (fits_block(std::max(smallest_block, std::min(useful_rows, 32u)), candidate)) plan = candidate;
  }
  LayerPlan resident = plan;
  resident.z_resident = true;
  if (attention_pages(work, resident, 2) <= available && fits_block(std::max(smallest_block, useful_rows), resident)) {
    plan = resident;
  }

  std::uint32_t rows = smallest_block;
  for (std::uint32_t step = work.tokens(); step > 0; step /= 2) {
    while (rows + step <= work.tokens() && fits_block(rows + step, plan)) rows += step;
  }
  plan.blocks = cut_blocks(work, rows);
  return plan;
}

}  // namespace esact
