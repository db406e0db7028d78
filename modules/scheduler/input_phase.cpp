#include "scheduler/input_phase.h"

namespace esact {

InputPhase::InputPhase(const LayerContext& layer, std::uint64_t constants, std::uint64_t x)
    : layer_(layer), constants_(constants), x_(x), tasks_(layer.ports.tasks) {
  for (std::uint32_t sequence = 0; sequence < layer.work.sequences.size(); ++sequence) {
    ready_.emplace_back(layer.work.sequences[sequence]);
    sequence_.insert(sequence_.end(), layer.work.sequences[sequence], sequence);
  }
  tasks_.run([this, groups = std::make_shared<RowGroups>(layer_, x_ == kNoAddress)] { run(*groups); });
}

void InputPhase::run(const RowGroups& groups) {
  try {
    groups.for_each(0, layer_.work.tokens(), [&](const RowGroups::Group& group) {
      make_x(group);
      for (std::uint32_t row = 0; row < group.rows; ++row) ready_[sequence_[group.first_token + row]].arrive();
    });
  } catch (const LayerError& error) {
    for (Latch& sequence : ready_) sequence.fail(error);
    throw;
  }
}

void InputPhase::make_x(const RowGroups::Group& group) const {
  const std::uint64_t width = layer_.shape().width, first = group.first_token;
  const std::uint64_t x = x_ == kNoAddress ? group.x : x_ + first * width;
  const AttentionConstants& constants = layer_.layout.attention();
  layer_.load(layer_.descriptor.input_h + first * width * sizeof(std::int32_t), group.h,
              group.rows * width * sizeof(std::int32_t));
  VectorCommand command;
  command.work = layer_.work_id(0, 0, group.first_token / kVectorRows);
  command.kind = layer_.shape().pre_ln ? VectorKind::kLayerNorm : VectorKind::kQuantise;
  command.rows = group.rows;
  command.width = layer_.shape().width;
  command.in = group.h;
  command.scale = {constants_ + constants.x_multiplier, constants_ + constants.x_shift};
  command.norm = {constants_ + constants.norm1_gamma, constants_ + constants.norm1_beta, layer_.scalars.norm1_shift,
                  layer_.scalars.norm1_epsilon};
  command.out = {x, 0, layer_.shape().width, layer_.shape().width};
  command.first_token = group.first_token;
  layer_.vector(command);
  if (x_ == kNoAddress) layer_.store(x, layer_.scratch.x + first * width, group.rows * width);
}

}  // namespace esact
