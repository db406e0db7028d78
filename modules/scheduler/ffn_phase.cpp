#include "scheduler/ffn_phase.h"

#include <algorithm>

namespace esact {

/// Consecutive tokens on their way.
struct FfnPhase::Block {
  RowBlock rows;
  std::uint16_t index = 0;
  FfnLists lists;
  PanelMatrix x1;
  std::uint32_t computed = 0;                  ///< rows whose FFN is computed
  std::vector<std::uint32_t> computed_before;  ///< how many of them stand before each row
  Latch done;                                  ///< its part of the output is complete

  std::uint64_t tile_bytes() const { return std::uint64_t{rows.rows} * kTileColumns * sizeof(std::int32_t); }
  std::uint64_t y_stride() const { return std::uint64_t{computed} * kTileColumns; }
};

/// Some hidden columns of a block.
struct FfnPhase::Chunk {
  Chunk(Block& block, std::uint32_t index, std::uint32_t first_tiles, std::uint32_t second_tiles)
      : block(block), index(index), activated(first_tiles), reduced(second_tiles) {}

  Block& block;
  std::uint32_t index;  ///< in the block
  std::uint64_t y = kNoAddress;
  Latch activated;  ///< FFN1 is done
  Latch reduced;    ///< FFN2 is done
};

/// A chunk's turn in FFN1 or FFN2.
struct FfnPhase::Step {
  FfnKind kind;
  std::size_t chunk;  ///< counted over all blocks
  std::uint32_t tiles;
};

std::vector<FfnPhase::Step> FfnPhase::steps(const LayerContext& layer) {
  const LayerShape& shape = layer.shape();
  const std::size_t chunks = layer.plan.ffn.blocks.size() * shape.ffn_chunks(), ahead = layer.plan.ffn.y_chunks - 1;
  std::vector<Step> steps;
  for (std::size_t turn = 0; turn < chunks + ahead; ++turn) {
    if (turn < chunks) {
      const std::uint32_t columns = shape.chunk_depth(turn % shape.ffn_chunks());
      steps.push_back({FfnKind::kFfn1, turn, (columns + kTileColumns - 1) / kTileColumns});
    }
    if (turn >= ahead) steps.push_back({FfnKind::kFfn2, turn - ahead, shape.output_tiles()});
  }
  return steps;
}

std::vector<Section> FfnPhase::tile_order(const LayerContext& layer) {
  constexpr std::uint32_t kTilesPerChunk = kTileDepth / kTileColumns;
  std::vector<Section> order;
  for (const Step& step : steps(layer)) {
    const std::uint32_t chunk = step.chunk % layer.shape().ffn_chunks();
    for (std::uint32_t tile = 0; tile < step.tiles; ++tile) {
      order.push_back(step.kind == FfnKind::kFfn1 ? layer.layout.ffn1_tile(chunk * kTilesPerChunk + tile)
                                                  : layer.layout.ffn2_tile(chunk, tile));
    }
  }
  return order;
}

FfnPhase::FfnPhase(LayerContext& layer, std::uint64_t constants)
    : layer_(layer),
      constants_(constants),
      row_groups_(layer, false),
      x1_(layer.ports.space.allocate(ffn_buffers(layer.work, layer.plan).x1)),
      y_(layer.ports.space.allocate(ffn_buffers(layer.work, layer.plan).y)),
      sums_(layer.ports.space.allocate(ffn_buffers(layer.work, layer.plan).sums)),
      worker_scratch_(layer.ports.space.allocate(ffn_buffers(layer.work, layer.plan).scratch)),
      weights_(layer.ports.tasks, layer.ports.space, tile_order(layer), layer.plan.ffn.weight_tiles,
               [&layer](const Section& section, std::uint64_t address) {
                 layer.load(layer.descriptor.parameters + section.offset, address, section.bytes);
               }),
      tasks_(layer.ports.tasks) {
  const FfnBuffers sizes = ffn_buffers(layer.work, layer.plan);
  const LayerShape& shape = layer.shape();
  for (int slot = 0; slot < 2; ++slot) {
    lists_.push_back(layer.ports.space.allocate(sizes.lists));
    roots_.push_back(layer.ports.space.allocate(sizes.roots));
  }
  const std::uint64_t y_bytes = sizes.y / layer.plan.ffn.y_chunks;
  for (const Step& step : steps(layer)) {
    if (step.kind != FfnKind::kFfn1) continue;
    if (step.chunk % shape.ffn_chunks() == 0) {
      Block& block = blocks_.emplace_back();
      block.index = static_cast<std::uint16_t>(blocks_.size() - 1);
      block.rows = layer.plan.ffn.blocks[block.index];
    }
    Chunk& chunk =
        chunks_.emplace_back(blocks_.back(), step.chunk % shape.ffn_chunks(), step.tiles, shape.output_tiles());
    chunk.y = y_.address() + step.chunk % layer.plan.ffn.y_chunks * y_bytes;
  }
}

FfnPhase::~FfnPhase() = default;

void FfnPhase::run() {
  weights_.feed(tasks_, [this] { run_steps(); });
}

void FfnPhase::run_steps() {
  for (const Step& step : steps(layer_)) {
    Chunk& chunk = chunks_[step.chunk];
    if (step.kind == FfnKind::kFfn1 && chunk.index == 0) prepare(chunk.block);
    for (std::uint32_t tile = 0; tile < step.tiles && !tasks_.failed(); ++tile) {
      tasks_.run([this, &chunk, step, tile, weights = weights_.next()] {
        Latch& done = step.kind == FfnKind::kFfn1 ? chunk.activated : chunk.reduced;
        done.arrive_after([&] { run_tile(step, tile, *weights); });
      });
    }
    if (step.kind != FfnKind::kFfn2 || chunk.index + 1 < layer_.shape().ffn_chunks()) continue;
    tasks_.run([this, &chunk] {
      Block& block = chunk.block;
      block.done.arrive_after([&] {
        chunk.reduced.wait();
        row_groups_.for_each(block.rows.first_token, block.rows.rows,
                             [&](const RowGroups::Group& group) { add_increments(block, group); });
      });
    });
  }
}

/// x1 where it comes from DRAM, and who computes.
void FfnPhase::prepare(Block& block) {
  const std::uint64_t width = layer_.shape().width, first = block.rows.first_token;
  const std::size_t slot = block.index % lists_.size();
  if (block.index >= lists_.size()) blocks_[block.index - lists_.size()].done.wait();
  block.lists = {lists_[slot].address(), block.rows.rows};
  block.x1 = {x1_.address(), 0, layer_.shape().width, layer_.shape().width};
  if (layer_.plan.x1_resident) {
    block.x1.address = layer_.x1.address() + first * width;
  } else {
    if (block.index > 0) chunks_[block.index * layer_.shape().ffn_chunks() - 1].activated.wait();
    layer_.load(layer_.scratch.x + first * width, block.x1.address, block.rows.rows * width);
  }
  FfnCommand rows = command(block, FfnKind::kFfnRows);
  std::vector<std::uint8_t> roots(block.rows.rows);
  if (layer_.work.spls.enabled) {
    rows.root = roots_[slot].address();
    layer_.load_roots(first, roots.size(), rows.root);
    layer_.ports.memory.read(rows.root, roots.data(), roots.size());
  }
  layer_.ports.ffn_array.send(rows);
  for (std::uint8_t distance : roots) {
    block.computed_before.push_back(block.computed);
    if (distance == 0) ++block.computed;
  }
}

/// Everything waits for what came earlier in the order of steps, so that nothing waits in a circle.
void FfnPhase::run_tile(const Step& step, std::uint32_t tile, WeightStream::Tile& weights) {
  Chunk& chunk = chunks_[step.chunk];
  FfnCommand command;
  if (step.kind == FfnKind::kFfn1) {
    const std::size_t y_chunks = layer_.plan.ffn.y_chunks;
    if (step.chunk >= y_chunks) chunks_[step.chunk - y_chunks].reduced.wait();
    command = first_layer(chunk, tile);
  } else {
    chunk.activated.wait();
    if (chunk.index > 0) {
      chunks_[step.chunk - 1].reduced.wait();
    } else if (chunk.block.index > 0) {
      blocks_[chunk.block.index - 1].done.wait();
    }
    command = second_layer(chunk, tile);
  }
  weights.loaded.wait();
  command.weights = {weights.buffer.address(), 0, command.columns, command.columns};
  layer_.ports.ffn_array.send(command);
}

FfnCommand FfnPhase::first_layer(const Chunk& chunk, std::uint32_t tile) const {
  const BlockConstants& constants = layer_.layout.block();
  FfnCommand command = this->command(chunk.block, FfnKind::kFfn1);
  command.depth = layer_.shape().width;
  command.first_column = chunk.index * kTileDepth + tile * kTileColumns;
  command.columns = LayerShape::tile_columns(layer_.shape().ffn_width, command.first_column / kTileColumns);
  command.a = chunk.block.x1;
  command.out = chunk.y + tile * chunk.block.y_stride();
  const std::uint64_t column = command.first_column;
  command.bias = constants_ + constants.hidden_bias + column * 4;
  command.hidden_scale = {constants_ + constants.hidden_multiplier + column * 4,
                          constants_ + constants.hidden_shift + column};
  command.y_scale = {constants_ + constants.y_multiplier + column * 4, constants_ + constants.y_shift + column};
  command.table = constants_ + constants.activation_table;
  return command;
}

FfnCommand FfnPhase::second_layer(const Chunk& chunk, std::uint32_t tile) const {
  FfnCommand command = this->command(chunk.block, FfnKind::kFfn2);
  command.accumulate = chunk.index > 0;
  command.depth = layer_.shape().chunk_depth(chunk.index);
  command.first_column = tile * kTileColumns;
  command.columns = LayerShape::tile_columns(layer_.shape().width, tile);
  command.a = {chunk.y, chunk.block.y_stride(), command.depth, kTileColumns};
  command.out = sums_.address() + tile * chunk.block.tile_bytes();
  return command;
}

FfnCommand FfnPhase::command(const Block& block, FfnKind kind) const {
  FfnCommand command;
  command.work = layer_.work_id(0, 0, block.index);
  command.kind = kind;
  command.heads = static_cast<std::uint16_t>(layer_.shape().heads);
  command.rows = block.rows.rows;
  command.computed_rows = block.computed;
  command.first_token = block.rows.first_token;
  command.lists = block.lists.address;
  command.scratch = worker_scratch_.address();
  command.workers = layer_.plan.ffn.workers;
  command.scratch_stride = ffn_buffers(layer_.work, layer_.plan).scratch / command.workers;
  return command;
}

void FfnPhase::add_increments(const Block& block, const RowGroups::Group& group) const {
  const LayerShape& shape = layer_.shape();
  const std::uint64_t row_bytes = std::uint64_t{shape.width} * sizeof(std::int32_t);
  const std::uint64_t output = layer_.descriptor.output_h + group.first_token * row_bytes;
  const std::uint32_t row = group.first_token - block.rows.first_token;
  const BlockConstants& constants = layer_.layout.block();
  layer_.load(output, group.h, group.rows * row_bytes);
  VectorCommand command;
  command.work = layer_.work_id(0, 0, block.index);
  command.kind = VectorKind::kResidual;
  command.rows = group.rows;
  command.width = shape.width;
  command.acc = {sums_.address(), block.tile_bytes(), shape.width, kTileColumns};
  command.acc_rows = block.computed;
  command.row_list = block.lists.increment_row() + row * sizeof(std::uint16_t);
  command.first_acc_row = block.computed_before[row];
  command.bias = constants_ + constants.increment_bias;
  command.scale = {constants_ + constants.increment_multiplier, constants_ + constants.increment_shift};
  if (!shape.pre_ln) {
    command.norm_is_output = 1;
    command.norm = {constants_ + constants.norm2_gamma, constants_ + constants.norm2_beta, layer_.scalars.norm2_shift,
                    layer_.scalars.norm2_epsilon};
  }
  command.h = command.h_out = group.h;
  command.first_token = group.first_token;
  layer_.vector(command);
  if (shape.final_norm) {
    VectorCommand norm;
    norm.work = command.work;
    norm.kind = VectorKind::kLayerNorm;
    norm.rows = group.rows;
    norm.width = shape.width;
    norm.in = norm.h_out = group.h;
    norm.norm = {constants_ + constants.norm_final_gamma, constants_ + constants.norm_final_beta,
                 layer_.scalars.norm_final_shift, layer_.scalars.norm_final_epsilon};
    norm.first_token = group.first_token;
    layer_.vector(norm);
  }
  layer_.store(group.h, output, group.rows * row_bytes);
}

}  // namespace esact
