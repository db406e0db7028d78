#pragma once

#include <deque>

#include "scheduler/layer_context.h"
#include "scheduler/row_groups.h"
#include "scheduler/weight_stream.h"

namespace esact {

/// From x1 to the layer's output: FFN, residual and layer norm, row block by row block, each chunk of hidden columns
/// by FFN1 and then FFN2. FFN1 runs a chunk ahead, across blocks, so that the array works while activations, and the
/// residual of the block before, are computed.
class FfnPhase {
 public:
  /// `constants`: where the parameter block would begin in SRAM, of which the row blocks' constants are there.
  FfnPhase(LayerContext& layer, std::uint64_t constants);
  ~FfnPhase();

  /// Runs the phase in the calling thread and in tasks that it waits for; throws LayerError.
  void run();

 private:
  struct Block;
  struct Chunk;
  struct Step;

  static std::vector<Step> steps(const LayerContext& layer);
  static std::vector<Section> tile_order(const LayerContext& layer);
  void run_steps();
  void prepare(Block& block);
  void run_tile(const Step& step, std::uint32_t tile, WeightStream::Tile& weights);
  FfnCommand first_layer(const Chunk& chunk, std::uint32_t tile) const;
  FfnCommand second_layer(const Chunk& chunk, std::uint32_t tile) const;
  FfnCommand command(const Block& block, FfnKind kind) const;
  void add_increments(const Block& block, const RowGroups::Group& group) const;

  LayerContext& layer_;
  const std::uint64_t constants_;
  const RowGroups row_groups_;
  const SramBuffer x1_, y_, sums_, worker_scratch_;
  std::vector<SramBuffer> lists_, roots_;  ///< for two blocks: one that ends and one that begins
  std::deque<Block> blocks_;
  std::deque<Chunk> chunks_;  ///< of all blocks, in order
  WeightStream weights_;
  TaskGroup tasks_;
};

}  // namespace esact
