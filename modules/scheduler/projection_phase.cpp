#include "scheduler/projection_phase.h"

#include <algorithm>

#include "vector_unit/timing.h"

namespace esact {
namespace {

std::vector<Section> tile_order(const LayerContext& layer) {
  const std::size_t passes = layer.plan.projection.weights_resident ? 1 : layer.plan.projection.blocks.size();
  std::vector<Section> order;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    for (std::uint32_t tile = 0; tile < layer.shape().output_tiles(); ++tile) {
      order.push_back(layer.layout.output_tile(tile));
    }
  }
  return order;
}

}  // namespace

/// Consecutive tokens on their way.
struct ProjectionPhase::Block {
  Block(const RowBlock& rows, std::uint32_t tiles) : rows(rows), projected(tiles) {}

  RowBlock rows;
  std::uint16_t index = 0;
  PanelMatrix z;
  std::uint64_t sums = kNoAddress;
  std::uint64_t representatives = kNoAddress;
  ProjectionLists lists;
  Latch projected;  ///< all accumulators are there
  Latch done;       ///< x1 is complete

  std::uint64_t tile_bytes() const { return std::uint64_t{rows.rows} * kTileColumns * sizeof(std::int32_t); }
};

ProjectionPhase::ProjectionPhase(LayerContext& layer, std::uint64_t constants)
    : layer_(layer),
      constants_(constants),
      reuse_(decide_reuse()),
      row_groups_(layer, !layer.plan.x1_resident),
      worker_scratch_(layer.ports.space.allocate(projection_buffers(layer.work, layer.plan).scratch)),
      weights_(layer.ports.tasks, layer.ports.space, tile_order(layer), layer.plan.projection.weight_tiles,
               [&layer](const Section& section, std::uint64_t address) {
                 layer.load(layer.descriptor.parameters + section.offset, address, section.bytes);
               }),
      tasks_(layer.ports.tasks) {
  const ProjectionBuffers sizes = projection_buffers(layer.work, layer.plan);
  SramSpace& space = layer.ports.space;
  for (std::uint32_t slot = 0; slot < layer.plan.projection.blocks_in_flight; ++slot) {
    z_.push_back(space.allocate(sizes.z));
    sums_.push_back(space.allocate(sizes.sums));
    representatives_.push_back(space.allocate(sizes.representatives));
    lists_.push_back(space.allocate(sizes.lists));
  }
}

ProjectionPhase::~ProjectionPhase() = default;

bool ProjectionPhase::decide_reuse() const {
  if (!layer_.work.spls.enabled) return false;
  switch (layer_.config.ffn_array.projection_reuse) {
    case ProjectionReuse::kAlways:
      return true;
    case ProjectionReuse::kNever:
      return false;
    case ProjectionReuse::kAuto:
      break;
  }
  // Per column tile: the array's cycles, and those of the scatter-add that reuse adds (docs/timing.md).
  const EsactConfig& config = layer_.config;
  const std::uint64_t tokens = layer_.work.tokens();
  const auto divide_up = [](std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; };
  VectorCommand scatter;
  scatter.kind = VectorKind::kScatterAdd;
  const std::uint64_t compute = vector_unit_timing::compute_cycles(config.vector_unit, scatter, tokens * kTileColumns);
  std::uint64_t multiply_cycles = 0, scatter_cycles = 0;
  for (std::uint64_t rows : layer_.critical_rows) {
    multiply_cycles += divide_up(rows, config.mac_array.lines) * layer_.shape().head_width;
    const std::uint64_t bytes = (2 * tokens + rows) * kTileColumns * sizeof(std::int32_t);
    scatter_cycles += std::max(compute, divide_up(bytes, config.vector_unit.port_bytes));
  }
  return std::max(multiply_cycles, scatter_cycles) <= divide_up(tokens, config.mac_array.lines) * layer_.shape().width;
}

void ProjectionPhase::run() {
  weights_.feed(tasks_, [this] { run_blocks(); });
}

void ProjectionPhase::run_blocks() {
  const auto& rows = layer_.plan.projection.blocks;
  for (std::size_t index = 0; index < rows.size() && !tasks_.failed(); ++index) {
    Block& block = blocks_.emplace_back(rows[index], layer_.shape().output_tiles());
    block.index = static_cast<std::uint16_t>(index);
    if (index >= sums_.size()) blocks_[index - sums_.size()].done.wait();
    start(block);
  }
}

void ProjectionPhase::start(Block& block) {
  const std::size_t slot = block.index % sums_.size();
  const std::uint64_t head_width = layer_.shape().head_width, tokens = layer_.work.tokens();
  block.sums = sums_[slot].address();
  block.representatives = representatives_[slot].address();
  block.lists = {lists_[slot].address(), block.rows.rows, layer_.shape().heads};
  if (layer_.plan.z_resident) {
    const std::uint64_t first = layer_.z.address() + block.rows.first_token * head_width;
    block.z = {first, tokens * head_width, layer_.shape().width, layer_.shape().head_width};
  } else {
    block.z = {z_[slot].address(), block.rows.rows * head_width, layer_.shape().width, layer_.shape().head_width};
  }
  load_rows(block);
  for (std::uint32_t tile = 0; tile < layer_.shape().output_tiles() && !tasks_.failed(); ++tile) {
    tasks_.run([this, &block, tile, weights = next_tile(tile)] {
      block.projected.arrive_after([&] { project(block, tile, *weights); });
    });
  }
  tasks_.run([this, &block] {
    block.done.arrive_after([&] {
      block.projected.wait();
      if (block.index > 0) blocks_[block.index - 1].done.wait();
      row_groups_.for_each(block.rows.first_token, block.rows.rows,
                           [&](const RowGroups::Group& group) { add_attention(block, group); });
    });
  });
}

ProjectionPhase::Tile ProjectionPhase::next_tile(std::uint32_t index) {
  if (index < kept_tiles_.size()) return kept_tiles_[index];
  Tile tile = weights_.next();
  if (layer_.plan.projection.weights_resident) kept_tiles_.push_back(tile);
  return tile;
}

/// z where it comes from DRAM, and the lists of critical rows where their products are reused.
void ProjectionPhase::load_rows(const Block& block) const {
  const std::uint64_t head_width = layer_.shape().head_width, tokens = layer_.work.tokens();
  if (!layer_.plan.z_resident) {
    layer_.load_heads(layer_.scratch.z + block.rows.first_token * head_width, tokens * head_width, block.z.address,
                      block.rows.rows * head_width);
  }
  if (!reuse_) return;
  layer_.load_representatives(block.rows.first_token, block.rows.rows, block.rows.rows, block.representatives);
  FfnCommand rows = command(block, FfnKind::kProjectionRows);
  rows.representative = block.representatives;
  layer_.ports.ffn_array.send(rows);
}

FfnCommand ProjectionPhase::command(const Block& block, FfnKind kind) const {
  FfnCommand command;
  command.work = layer_.work_id(0, 0, block.index);
  command.kind = kind;
  command.heads = static_cast<std::uint16_t>(layer_.shape().heads);
  command.reuse = reuse_;
  command.rows = block.rows.rows;
  command.first_token = block.rows.first_token;
  command.lists = block.lists.address;
  command.scratch = worker_scratch_.address();
  command.workers = layer_.plan.projection.workers;
  command.scratch_stride = projection_buffers(layer_.work, layer_.plan).scratch / command.workers;
  return command;
}

void ProjectionPhase::project(const Block& block, std::uint32_t tile, WeightStream::Tile& weights) const {
  FfnCommand tile_command = command(block, FfnKind::kOutput);
  tile_command.depth = layer_.shape().width;
  tile_command.columns = LayerShape::tile_columns(layer_.shape().width, tile);
  tile_command.first_column = tile * kTileColumns;
  tile_command.a = block.z;
  tile_command.weights = {weights.buffer.address(), 0, tile_command.columns, tile_command.columns};
  tile_command.out = block.sums + tile * block.tile_bytes();
  weights.loaded.wait();
  layer_.ports.ffn_array.send(tile_command);
}

void ProjectionPhase::add_attention(const Block& block, const RowGroups::Group& group) const {
  const LayerShape& shape = layer_.shape();
  const std::uint64_t width = shape.width, row_bytes = width * sizeof(std::int32_t);
  const BlockConstants& constants = layer_.layout.block();
  const std::uint64_t x1 = layer_.plan.x1_resident ? layer_.x1.address() + group.first_token * width : group.x;
  layer_.load(layer_.descriptor.input_h + group.first_token * row_bytes, group.h, group.rows * row_bytes);
  VectorCommand command;
  command.work = layer_.work_id(0, 0, block.index);
  command.kind = VectorKind::kResidual;
  command.rows = group.rows;
  command.width = shape.width;
  command.acc = {block.sums, block.tile_bytes(), shape.width, kTileColumns};
  command.acc_rows = block.rows.rows;
  command.first_acc_row = group.first_token - block.rows.first_token;
  command.bias = constants_ + constants.output_bias;
  command.scale = {constants_ + constants.output_multiplier, constants_ + constants.output_shift};
  command.norm_is_output = !shape.pre_ln;
  command.norm = shape.pre_ln ? NormParameters{constants_ + constants.norm2_gamma, constants_ + constants.norm2_beta,
                                               layer_.scalars.norm2_shift, layer_.scalars.norm2_epsilon}
                              : NormParameters{constants_ + constants.norm1_gamma, constants_ + constants.norm1_beta,
                                               layer_.scalars.norm1_shift, layer_.scalars.norm1_epsilon};
  command.scale2 = {constants_ + constants.x1_multiplier, constants_ + constants.x1_shift};
  command.out = {x1, 0, shape.width, shape.width};
  command.h = command.h_out = group.h;
  command.first_token = group.first_token;
  layer_.vector(command);
  layer_.store(group.h, layer_.descriptor.output_h + group.first_token * row_bytes, group.rows * row_bytes);
  if (!layer_.plan.x1_resident) layer_.store(x1, layer_.scratch.x + group.first_token * width, group.rows * width);
}

}  // namespace esact
