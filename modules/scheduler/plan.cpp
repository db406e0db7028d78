#include "scheduler/plan.h"

#include <algorithm>
#include <numeric>

#include "common/address_cursor.h"
#include "scheduler/planner.h"

namespace esact {
namespace {

std::uint32_t largest_block(const std::vector<RowBlock>& blocks) {
  std::uint32_t rows = 0;
  for (const RowBlock& block : blocks) rows = std::max(rows, block.rows);
  return rows;
}

}  // namespace

std::uint32_t LayerWork::tokens() const {
  return std::accumulate(sequences.begin(), sequences.end(), 0u);
}

std::uint32_t LayerWork::longest() const {
  return *std::max_element(sequences.begin(), sequences.end());
}

ScratchLayout::ScratchLayout(const LayerWork& work, std::uint64_t base) {
  const std::uint64_t tokens = work.tokens(), rows = work.spls.enabled ? tokens : 0;
  AddressCursor cursor(base);
  x = cursor.take(tokens * work.shape.width);
  z = cursor.take(tokens * work.shape.width);
  representatives = cursor.take(work.shape.heads * rows);
  roots = cursor.take(rows);
  keys = cursor.take(std::uint64_t{work.longest()} * work.shape.head_width);
  values = cursor.take(std::uint64_t{work.longest()} * work.shape.head_width);
  end = cursor.next();
}

std::uint64_t scratch_bytes(const LayerWork& work) {
  return ScratchLayout(work, 0).end;
}

EngineScratch engine_scratch(const LayerWork& work, const LayerPlan& plan) {
  const bool streamed = plan.attention.x == XPlacement::kStreamed;
  return {work.longest(), work.shape.head_width, streamed ? work.shape.width : 0, !plan.attention.keys_resident};
}

std::uint64_t predictor_rows_bytes(const LayerWork& work, const LayerPlan& plan) {
  if (!work.spls.enabled || plan.attention.x != XPlacement::kStreamed) return 0;
  return std::uint64_t{kStreamedRows} * work.shape.width;
}

HeadBuffers head_buffers(const LayerWork& work, const LayerPlan& plan, std::uint32_t tokens) {
  HeadBuffers buffers;
  if (plan.attention.keys_resident) buffers.keys = buffers.values = std::uint64_t{tokens} * work.shape.head_width;
  if (work.spls.enabled) {
    buffers.mask = std::uint64_t{tokens} * mask_stride(tokens);
    buffers.selection = align64(tokens) + sizeof(PredictionResult);
  }
  if (!plan.z_resident) buffers.z = std::uint64_t{tokens} * work.shape.head_width;
  if (plan.attention.x == XPlacement::kSequence) buffers.x = std::uint64_t{tokens} * work.shape.width;
  return buffers;
}

ProjectionBuffers projection_buffers(const LayerWork& work, const LayerPlan& plan) {
  const LayerShape& shape = work.shape;
  const std::uint32_t rows = largest_block(plan.projection.blocks);
  ProjectionBuffers buffers;
  if (!plan.z_resident) buffers.z = std::uint64_t{rows} * shape.width;
  buffers.sums = std::uint64_t{rows} * shape.width * sizeof(std::int32_t);
  if (!work.spls.enabled) return buffers;
  buffers.representatives = std::uint64_t{rows} * shape.heads;
  buffers.lists = ProjectionLists{0, rows, shape.heads}.bytes();
  buffers.scratch = plan.projection.workers * align64(std::uint64_t{rows} * kTileColumns * sizeof(std::int32_t));
  return buffers;
}

FfnBuffers ffn_buffers(const LayerWork& work, const LayerPlan& plan) {
  const LayerShape& shape = work.shape;
  const std::uint32_t rows = largest_block(plan.ffn.blocks);
  FfnBuffers buffers;
  if (!plan.x1_resident) buffers.x1 = std::uint64_t{rows} * shape.width;
  buffers.y = std::uint64_t{plan.ffn.y_chunks} * rows * shape.chunk_depth(0);
  buffers.sums = std::uint64_t{rows} * shape.width * sizeof(std::int32_t);
  buffers.lists = FfnLists{0, rows}.bytes();
  if (work.spls.enabled) buffers.roots = rows;
  buffers.scratch = plan.ffn.workers * align64(std::uint64_t{rows} * kTileColumns * sizeof(std::int32_t));
  return buffers;
}

LayerPlan plan_layer(const LayerWork& work, const EsactConfig& config) {
  return Planner(work, config).plan();
}

std::uint64_t minimum_sram_bytes(const LayerWork& work, const EsactConfig& config) {
  return plan_layer(work, config).minimum_bytes;
}

}  // namespace esact
