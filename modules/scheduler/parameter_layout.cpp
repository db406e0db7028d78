#include "scheduler/parameter_layout.h"

#include <algorithm>

namespace esact {
namespace {

constexpr std::uint64_t kInt32 = sizeof(std::int32_t);

}  // namespace

std::uint32_t LayerShape::tile_columns(std::uint32_t columns, std::uint32_t tile) {
  return std::min(kTileColumns, columns - tile * kTileColumns);
}

std::uint32_t LayerShape::chunk_depth(std::uint32_t chunk) const {
  return std::min(kTileDepth, ffn_width - chunk * kTileDepth);
}

ParameterLayout::ParameterLayout(const LayerShape& shape) : shape_(shape) {
  const std::uint64_t width = shape.width, heads = shape.heads, ffn = shape.ffn_width;
  AddressCursor cursor(0);
  const auto section = [&](std::uint64_t bytes) { return Section{cursor.take(bytes), bytes}; };
  attention_.scalars = cursor.take(sizeof(LayerScalars));
  attention_.predictor_shifts = cursor.take(2 * heads);
  attention_.x_multiplier = cursor.take(width * kInt32);
  attention_.x_shift = cursor.take(width);
  if (shape.pre_ln) {
    attention_.norm1_gamma = cursor.take(width * kInt32);
    attention_.norm1_beta = cursor.take(width * kInt32);
  }
  attention_.q_bias = cursor.take(width * kInt32);
  attention_.kv_bias = cursor.take(2 * width * kInt32);
  attention_.q_multiplier = cursor.take(width * kInt32);
  attention_.q_shift = cursor.take(width);
  attention_.kv_multiplier = cursor.take(2 * width * kInt32);
  attention_.kv_shift = cursor.take(2 * width);
  attention_.softmax_multiplier = cursor.take(heads * kInt32);
  attention_.softmax_shift = cursor.take(heads);
  attention_.z_multiplier = cursor.take(width * kInt32);
  attention_.z_shift = cursor.take(width);
  attention_section_ = {0, cursor.next()};

  const std::uint64_t block_start = cursor.next();
  for (std::uint64_t* vector : {&block_.output_bias, &block_.output_multiplier, &block_.x1_multiplier,
                                &block_.increment_bias, &block_.increment_multiplier}) {
    *vector = cursor.take(width * kInt32);
  }
  for (std::uint64_t* vector : {&block_.output_shift, &block_.x1_shift, &block_.increment_shift}) {
    *vector = cursor.take(width);
  }
  for (std::uint64_t* vector : {&block_.hidden_bias, &block_.hidden_multiplier, &block_.y_multiplier}) {
    *vector = cursor.take(ffn * kInt32);
  }
  for (std::uint64_t* vector : {&block_.hidden_shift, &block_.y_shift}) *vector = cursor.take(ffn);
  block_.activation_table = cursor.take(256 * sizeof(std::int16_t));
  if (!shape.pre_ln) {
    block_.norm1_gamma = cursor.take(width * kInt32);
    block_.norm1_beta = cursor.take(width * kInt32);
  }
  block_.norm2_gamma = cursor.take(width * kInt32);
  block_.norm2_beta = cursor.take(width * kInt32);
  if (shape.final_norm) {
    block_.norm_final_gamma = cursor.take(width * kInt32);
    block_.norm_final_beta = cursor.take(width * kInt32);
  }
  block_section_ = {block_start, cursor.next() - block_start};

  weights_ = cursor.take(3 * weight_stride() * heads);
  for (std::uint32_t tile = 0; tile < shape.output_tiles(); ++tile) {
    output_tiles_.push_back(section(width * LayerShape::tile_columns(shape.width, tile)));
  }
  for (std::uint32_t tile = 0; tile < shape.ffn_tiles(); ++tile) {
    ffn1_tiles_.push_back(section(width * LayerShape::tile_columns(shape.ffn_width, tile)));
  }
  for (std::uint32_t chunk = 0; chunk < shape.ffn_chunks(); ++chunk) {
    for (std::uint32_t tile = 0; tile < shape.output_tiles(); ++tile) {
      const std::uint64_t depth = shape.chunk_depth(chunk);
      ffn2_tiles_.push_back(section(depth * LayerShape::tile_columns(shape.width, tile)));
    }
  }
  bytes_ = cursor.next();
}

std::uint64_t ParameterLayout::weight_stride() const {
  return align64(std::uint64_t{shape_.width} * shape_.head_width);
}

Section ParameterLayout::head_weights(std::uint32_t head) const {
  return {weights_ + 3 * weight_stride() * head, 3 * weight_stride()};
}

Section ParameterLayout::output_tile(std::uint32_t tile) const {
  return output_tiles_[tile];
}
Section ParameterLayout::ffn1_tile(std::uint32_t tile) const {
  return ffn1_tiles_[tile];
}
Section ParameterLayout::ffn2_tile(std::uint32_t chunk, std::uint32_t tile) const {
  return ffn2_tiles_[chunk * shape_.output_tiles() + tile];
}

}  // namespace esact
