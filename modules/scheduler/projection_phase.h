#pragma once

#include "scheduler/layer_context.h"
#include "scheduler/row_groups.h"
#include "scheduler/weight_stream.h"

namespace esact {

/// From z to x1: output projection, residual and layer norm, row block by row block. Where the SRAM holds all of wo,
/// the blocks are small, and the vector unit works on one while the array works on the next; else wo passes once a
/// block.
class ProjectionPhase {
 public:
  /// `constants`: where the parameter block would begin in SRAM, of which the row blocks' constants are there.
  ProjectionPhase(LayerContext& layer, std::uint64_t constants);
  ~ProjectionPhase();

  /// Runs the phase in the calling thread and in tasks that it waits for; throws LayerError.
  void run();

 private:
  struct Block;
  using Tile = std::shared_ptr<WeightStream::Tile>;

  bool decide_reuse() const;
  void run_blocks();
  void start(Block& block);
  Tile next_tile(std::uint32_t index);
  void load_rows(const Block& block) const;
  FfnCommand command(const Block& block, FfnKind kind) const;
  void project(const Block& block, std::uint32_t tile, WeightStream::Tile& weights) const;
  void add_attention(const Block& block, const RowGroups::Group& group) const;

  LayerContext& layer_;
  const std::uint64_t constants_;
  const bool reuse_;
  const RowGroups row_groups_;
  const SramBuffer worker_scratch_;
  std::vector<SramBuffer> z_, sums_, representatives_, lists_;  ///< for each block in flight
  std::deque<Block> blocks_;
  WeightStream weights_;
  std::vector<Tile> kept_tiles_;  ///< where all of wo is resident
  TaskGroup tasks_;
};

}  // namespace esact
