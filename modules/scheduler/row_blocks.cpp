#include <algorithm>

#include "scheduler/layer_run.h"
#include "scheduler/weight_stream.h"
#include "vector_unit/timing.h"

namespace esact {

/// One row block on its way through the rest of the layer.
struct LayerRun::Block {
  RowBlock rows;
  std::uint16_t index = 0;
  BlockBuffers sizes;
  BlockLists lists;
  std::uint32_t computed = 0;                  ///< rows whose FFN is computed
  std::vector<std::uint32_t> computed_before;  ///< how many of them stand before each row
  PanelMatrix z;
  std::uint64_t x1 = kNoAddress, y = kNoAddress, sums = kNoAddress, scratch = kNoAddress;

  /// Accumulators of an output or FFN2 tile.
  std::uint64_t sums_tile(std::uint32_t tile) const {
    return sums + std::uint64_t{tile} * rows.rows * kTileColumns * 4;
  }
  std::uint64_t y_chunk(std::uint32_t chunk) const { return y + chunk % sizes.y_chunks * (sizes.y / sizes.y_chunks); }
};

namespace {

/// Part of an FFN2 reduction or a run of FFN1 tiles; the order keeps the array busy while activations finish.
struct FfnStep {
  FfnKind kind;
  std::uint32_t chunk;
};

/// FFN1 runs one chunk ahead of FFN2.
std::vector<FfnStep> ffn_steps(const LayerShape& shape) {
  std::vector<FfnStep> steps;
  for (std::uint32_t chunk = 0; chunk < shape.ffn_chunks(); ++chunk) {
    steps.push_back({FfnKind::kFfn1, chunk});
    if (chunk > 0) steps.push_back({FfnKind::kFfn2, chunk - 1});
  }
  steps.push_back({FfnKind::kFfn2, shape.ffn_chunks() - 1});
  return steps;
}

std::uint32_t chunk_tiles(const LayerShape& shape, std::uint32_t chunk) {
  return (shape.chunk_depth(chunk) + kTileColumns - 1) / kTileColumns;
}

constexpr std::uint32_t kTilesPerChunk = kTileDepth / kTileColumns;

std::vector<Section> tile_order(const ParameterLayout& layout, const LayerShape& shape, std::size_t blocks) {
  std::vector<Section> order;
  for (std::size_t block = 0; block < blocks; ++block) {
    for (std::uint32_t tile = 0; tile < shape.output_tiles(); ++tile) order.push_back(layout.output_tile(tile));
    for (const FfnStep& step : ffn_steps(shape)) {
      const bool first = step.kind == FfnKind::kFfn1;
      const std::uint32_t tiles = first ? chunk_tiles(shape, step.chunk) : shape.output_tiles();
      for (std::uint32_t tile = 0; tile < tiles; ++tile) {
        order.push_back(first ? layout.ffn1_tile(step.chunk * kTilesPerChunk + tile)
                              : layout.ffn2_tile(step.chunk, tile));
      }
    }
  }
  return order;
}

}  // namespace

bool LayerRun::decide_reuse() const {
  if (!work_.spls.enabled) return false;
  switch (config_.ffn_array.projection_reuse) {
    case ProjectionReuse::kAlways:
      return true;
    case ProjectionReuse::kNever:
      return false;
    case ProjectionReuse::kAuto:
      break;
  }
  // Per column tile: the array's cycles, and those of the scatter-add that reuse adds (docs/timing.md).
  const LayerShape& shape = work_.shape;
  const std::uint64_t tokens = work_.tokens();
  const auto divide_up = [](std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; };
  VectorCommand scatter;
  scatter.kind = VectorKind::kScatterAdd;
  const std::uint64_t compute = vector_unit_timing::compute_cycles(config_.vector_unit, scatter, tokens * kTileColumns);
  std::uint64_t multiply_cycles = 0, scatter_cycles = 0;
  for (std::uint64_t rows : critical_rows_) {
    multiply_cycles += divide_up(rows, config_.mac_array.lines) * shape.head_width;
    const std::uint64_t bytes = (2 * tokens + rows) * kTileColumns * sizeof(std::int32_t);
    scatter_cycles += std::max(compute, divide_up(bytes, config_.vector_unit.port_bytes));
  }
  return std::max(multiply_cycles, scatter_cycles) <= divide_up(tokens, config_.mac_array.lines) * shape.width;
}

void LayerRun::run_row_blocks() {
  reuse_ = decide_reuse();
  const Section constants = layout_.block_constants();
  constants_ = ports_.space.allocate(constants.bytes);
  load(descriptor_.parameters + constants.offset, constants_.address(), constants.bytes);

  const std::uint32_t largest = plan_.largest_block();
  const BlockBuffers sizes = block_buffers(work_, plan_, largest);
  SramSpace& space = ports_.space;
  const SramBuffer z = space.allocate(sizes.z), x1 = space.allocate(sizes.x1), y = space.allocate(sizes.y),
                   sums = space.allocate(sizes.sums), lists = space.allocate(sizes.lists),
                   scratch = space.allocate(plan_.ffn_workers * sizes.scratch);
  const std::uint32_t width = work_.shape.width, head_width = work_.shape.head_width;
  WeightStream weights(ports_.space, tile_order(layout_, work_.shape, plan_.blocks.size()), plan_.weight_tiles,
                       [this](const Section& section, std::uint64_t address) {
                         load(descriptor_.parameters + section.offset, address, section.bytes);
                       });
  std::optional<LayerError> failure;
  try {
    for (std::size_t index = 0; index < plan_.blocks.size(); ++index) {
      Block block;
      block.rows = plan_.blocks[index];
      block.index = static_cast<std::uint16_t>(index);
      block.sizes = sizes;
      block.lists = {lists.address(), block.rows.rows, work_.shape.heads};
      const std::uint64_t z_rows = plan_.z_resident ? work_.tokens() : block.rows.rows;
      const std::uint64_t z_start =
          plan_.z_resident ? z_.address() + std::uint64_t{block.rows.first_token} * head_width : z.address();
      block.z = {z_start, z_rows * head_width, width, head_width};
      block.x1 = x1.address();
      block.y = y.address();
      block.sums = sums.address();
      block.scratch = scratch.address();
      run_block(block, weights);
    }
  } catch (const LayerError& error) {
    failure = error;
    weights.abandon();
  }
  weights.finish();
  if (failure) throw LayerError(*failure);
}

void LayerRun::run_block(Block& block, WeightStream& weights) {
  prepare_rows(block);
  project_output(block, weights);
  add_attention(block);
  run_ffn(block, weights);
  add_increments(block);
}

FfnCommand LayerRun::ffn_command(const Block& block, FfnKind kind) const {
  FfnCommand command;
  command.work = work_id(0, 0, block.index);
  command.kind = kind;
  command.heads = static_cast<std::uint16_t>(work_.shape.heads);
  command.reuse = reuse_;
  command.rows = block.rows.rows;
  command.first_token = block.rows.first_token;
  command.lists = block.lists.address;
  command.scratch = block.scratch;
  command.scratch_stride = block.sizes.scratch;
  command.workers = plan_.ffn_workers;
  return command;
}

void LayerRun::prepare_rows(Block& block) {
  const std::uint64_t head_width = work_.shape.head_width, tokens = work_.tokens();
  if (!plan_.z_resident) {
    const std::uint64_t z_scratch = descriptor_.scratch + align64(tokens * work_.shape.width);
    TaskGroup loads;
    for (std::uint64_t head = 0; head < work_.shape.heads; ++head) {
      loads.run([this, &block, z_scratch, head, head_width, tokens] {
        load(z_scratch + (head * tokens + block.rows.first_token) * head_width,
             block.z.address + head * block.z.panel_stride, block.rows.rows * head_width);
      });
    }
    loads.wait();
  }
  FfnCommand command = ffn_command(block, FfnKind::kRows);
  if (work_.spls.enabled) {
    command.representative = representatives_.address() + block.rows.first_token;
    command.representative_stride = static_cast<std::uint32_t>(tokens);
    command.root = roots_.address() + block.rows.first_token;
  }
  ports_.ffn_array.send(command);
  std::vector<std::uint8_t> roots(block.rows.rows);
  if (work_.spls.enabled) ports_.memory.read(command.root, roots.data(), roots.size());
  for (std::uint8_t distance : roots) {
    block.computed_before.push_back(block.computed);
    if (distance == 0) ++block.computed;
  }
}

void LayerRun::project_output(Block& block, WeightStream& weights) {
  TaskGroup tiles;
  for (std::uint32_t tile = 0; tile < work_.shape.output_tiles() && !tiles.failed(); ++tile) {
    tiles.run([this, &block, tile, weight_tile = weights.next()] {
      weight_tile->loaded.wait();
      FfnCommand command = ffn_command(block, FfnKind::kOutput);
      command.depth = work_.shape.width;
      command.columns = LayerShape::tile_columns(work_.shape.width, tile);
      command.first_column = tile * kTileColumns;
      command.a = block.z;
      command.weights = {weight_tile->buffer.address(), 0, command.columns, command.columns};
      command.out = block.sums_tile(tile);
      ports_.ffn_array.send(command);
    });
  }
  tiles.wait();
}

void LayerRun::add_attention(Block& block) {
  const std::uint64_t width = work_.shape.width;
  const BlockConstants& constants = layout_.block();
  for_row_groups(
      block.rows.first_token, block.rows.rows, [&](std::uint32_t lane, std::uint32_t first, std::uint32_t rows) {
        const std::uint64_t h = row_groups_[lane].address(), system_offset = first * width * sizeof(std::int32_t);
        const std::uint32_t row = first - block.rows.first_token;
        load(descriptor_.input_h + system_offset, h, rows * width * sizeof(std::int32_t));
        VectorCommand command;
        command.work = work_id(0, 0, block.index);
        command.kind = VectorKind::kResidual;
        command.rows = rows;
        command.width = work_.shape.width;
        command.acc = {block.sums, block.sums_tile(1) - block.sums_tile(0), work_.shape.width, kTileColumns};
        command.acc_rows = block.rows.rows;
        command.first_acc_row = row;
        command.bias = block_constant(constants.output_bias);
        command.scale = {block_constant(constants.output_multiplier), block_constant(constants.output_shift)};
        command.norm_is_output = !work_.shape.pre_ln;
        command.norm = work_.shape.pre_ln
                           ? NormParameters{block_constant(constants.norm2_gamma), block_constant(constants.norm2_beta),
                                            scalars_.norm2_shift, scalars_.norm2_epsilon}
                           : NormParameters{block_constant(constants.norm1_gamma), block_constant(constants.norm1_beta),
                                            scalars_.norm1_shift, scalars_.norm1_epsilon};
        command.scale2 = {block_constant(constants.x1_multiplier), block_constant(constants.x1_shift)};
        command.out = {block.x1 + row * width, 0, work_.shape.width, work_.shape.width};
        command.h = command.h_out = h;
        command.first_token = first;
        vector(command);
        store(h, descriptor_.output_h + system_offset, rows * width * sizeof(std::int32_t));
      });
}

void LayerRun::run_ffn(Block& block, WeightStream& weights) {
  const LayerShape& shape = work_.shape;
  const BlockConstants& constants = layout_.block();
  std::deque<Latch> activated, reduced;
  for (std::uint32_t chunk = 0; chunk < shape.ffn_chunks(); ++chunk) {
    activated.emplace_back(chunk_tiles(shape, chunk));
    reduced.emplace_back(shape.output_tiles());
  }
  TaskGroup tiles;
  const auto run_tile = [&](FfnStep step, std::uint32_t tile, const auto& weight_tile) {
    FfnCommand command = ffn_command(block, step.kind);
    weight_tile->loaded.wait();
    const std::uint64_t y_stride = std::uint64_t{block.computed} * kTileColumns;
    if (step.kind == FfnKind::kFfn1) {
      if (step.chunk >= block.sizes.y_chunks) reduced[step.chunk - block.sizes.y_chunks].wait();
      command.depth = shape.width;
      command.first_column = step.chunk * kTileDepth + tile * kTileColumns;
      command.columns = LayerShape::tile_columns(shape.ffn_width, command.first_column / kTileColumns);
      command.a = {block.x1, 0, shape.width, shape.width};
      command.out = block.y_chunk(step.chunk) + tile * y_stride;
      const std::uint64_t column = command.first_column;
      command.bias = block_constant(constants.hidden_bias + column * 4);
      command.hidden_scale = {block_constant(constants.hidden_multiplier + column * 4),
                              block_constant(constants.hidden_shift + column)};
      command.y_scale = {block_constant(constants.y_multiplier + column * 4),
                         block_constant(constants.y_shift + column)};
      command.table = block_constant(constants.activation_table);
    } else {
      activated[step.chunk].wait();
      if (step.chunk > 0) reduced[step.chunk - 1].wait();
      command.accumulate = step.chunk > 0;
      command.depth = shape.chunk_depth(step.chunk);
      command.first_column = tile * kTileColumns;
      command.columns = LayerShape::tile_columns(shape.width, tile);
      command.a = {block.y_chunk(step.chunk), y_stride, command.depth, kTileColumns};
      command.out = block.sums_tile(tile);
    }
    command.weights = {weight_tile->buffer.address(), 0, command.columns, command.columns};
    ports_.ffn_array.send(command);
  };
  for (const FfnStep& step : ffn_steps(shape)) {
    const bool first = step.kind == FfnKind::kFfn1;
    const std::uint32_t count = first ? chunk_tiles(shape, step.chunk) : shape.output_tiles();
    for (std::uint32_t tile = 0; tile < count && !tiles.failed(); ++tile) {
      tiles.run([&, step, tile, first, weight_tile = weights.next()] {
        Latch& done = first ? activated[step.chunk] : reduced[step.chunk];
        try {
          run_tile(step, tile, weight_tile);
        } catch (const LayerError& error) {
          done.fail(error);
          throw;
        }
        done.arrive();
      });
    }
  }
  tiles.wait();
}

void LayerRun::add_increments(Block& block) {
  const LayerShape& shape = work_.shape;
  const std::uint64_t width = shape.width;
  const BlockConstants& constants = layout_.block();
  for_row_groups(
      block.rows.first_token, block.rows.rows, [&](std::uint32_t lane, std::uint32_t first, std::uint32_t rows) {
        const std::uint64_t h = row_groups_[lane].address(), system_address = descriptor_.output_h + first * width * 4;
        const std::uint32_t row = first - block.rows.first_token;
        load(system_address, h, rows * width * 4);
        VectorCommand command;
        command.work = work_id(0, 0, block.index);
        command.kind = VectorKind::kResidual;
        command.rows = rows;
        command.width = shape.width;
        command.acc = {block.sums, block.sums_tile(1) - block.sums_tile(0), shape.width, kTileColumns};
        command.acc_rows = block.computed;
        command.row_list = block.lists.increment_row() + row * sizeof(std::uint16_t);
        command.first_acc_row = block.computed_before[row];
        command.bias = block_constant(constants.increment_bias);
        command.scale = {block_constant(constants.increment_multiplier), block_constant(constants.increment_shift)};
        if (!shape.pre_ln) {
          command.norm_is_output = 1;
          command.norm = {block_constant(constants.norm2_gamma), block_constant(constants.norm2_beta),
                          scalars_.norm2_shift, scalars_.norm2_epsilon};
        }
        command.h = command.h_out = h;
        command.first_token = first;
        vector(command);
        if (shape.final_norm) {
          VectorCommand norm;
          norm.work = command.work;
          norm.kind = VectorKind::kLayerNorm;
          norm.rows = rows;
          norm.width = shape.width;
          norm.in = norm.h_out = h;
          norm.norm = {block_constant(constants.norm_final_gamma), block_constant(constants.norm_final_beta),
                       scalars_.norm_final_shift, scalars_.norm_final_epsilon};
          norm.first_token = first;
          vector(norm);
        }
        store(h, system_address, rows * width * 4);
      });
}

}  // namespace esact
