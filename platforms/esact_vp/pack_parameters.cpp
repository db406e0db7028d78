#include <cstring>

#include "platforms/esact_vp/image.h"

namespace esact::platform {
namespace {

/// Writes parameters of one layer into its block.
class Packer {
 public:
  Packer(const LayerShape& shape, const LayerParameters& parameters)
      : shape_(shape), parameters_(parameters), layout_(shape), block_(layout_.bytes()) {}

  std::vector<std::uint8_t> pack() {
    pack_scalars();
    pack_attention();
    pack_block();
    pack_weights();
    return std::move(block_);
  }

 private:
  std::int32_t scalar(const char* name) const { return parameters_.view<std::int32_t>(name)[0]; }

  void put(std::uint64_t offset, const void* data, std::size_t bytes) {
    if (bytes > 0) std::memcpy(block_.data() + offset, data, bytes);
  }
  void int32s(const std::string& name, std::uint64_t offset) {
    const TensorView<std::int32_t> values = parameters_.view<std::int32_t>(name);
    put(offset, values.bytes(), values.size() * sizeof(std::int32_t));
  }
  /// Shifts are int32 in the file and bytes in the block.
  void bytes(const std::string& name, std::uint64_t offset) {
    const TensorView<std::int32_t> values = parameters_.view<std::int32_t>(name);
    for (std::size_t i = 0; i < values.size(); ++i) block_[offset + i] = static_cast<std::uint8_t>(values[i]);
  }
  void scale(const std::string& name, std::uint64_t multiplier, std::uint64_t shift) {
    int32s(name + ".multiplier", multiplier);
    bytes(name + ".shift", shift);
  }
  void norm(const std::string& name, std::uint64_t gamma, std::uint64_t beta) {
    int32s(name + ".gamma", gamma);
    int32s(name + ".beta", beta);
  }

  void pack_scalars() {
    LayerScalars scalars;
    scalars.norm1_shift = scalar("norm1.shift");
    scalars.norm1_epsilon = scalar("norm1.epsilon");
    scalars.norm2_shift = scalar("norm2.shift");
    scalars.norm2_epsilon = scalar("norm2.epsilon");
    if (shape_.final_norm) {
      scalars.norm_final_shift = scalar("norm_final.shift");
      scalars.norm_final_epsilon = scalar("norm_final.epsilon");
    }
    put(layout_.attention().scalars, &scalars, sizeof scalars);
  }

  void pack_attention() {
    const AttentionConstants& at = layout_.attention();
    bytes("predictor.q_shift", at.predictor_shifts);
    bytes("predictor.k_shift", at.predictor_shifts + shape_.heads);
    scale("x", at.x_multiplier, at.x_shift);
    if (shape_.pre_ln) norm("norm1", at.norm1_gamma, at.norm1_beta);
    int32s("bq", at.q_bias);
    scale("softmax", at.softmax_multiplier, at.softmax_shift);
    scale("z", at.z_multiplier, at.z_shift);

    const auto key_bias = parameters_.view<std::int32_t>("bk"), value_bias = parameters_.view<std::int32_t>("bv");
    const auto query = parameters_.view<std::int32_t>("q.multiplier"),
               key = parameters_.view<std::int32_t>("k.multiplier"),
               value = parameters_.view<std::int32_t>("v.multiplier");
    const auto query_shift = parameters_.view<std::int32_t>("q.shift"),
               key_shift = parameters_.view<std::int32_t>("k.shift"),
               value_shift = parameters_.view<std::int32_t>("v.shift");
    const auto put_int32 = [&](std::uint64_t vector, std::uint64_t index, std::int32_t number) {
      put(vector + index * sizeof number, &number, sizeof number);
    };
    const auto put_byte = [&](std::uint64_t vector, std::uint64_t index, std::int32_t number) {
      block_[vector + index] = static_cast<std::uint8_t>(number);
    };
    for (std::uint64_t head = 0; head < shape_.heads; ++head) {
      for (std::uint64_t i = 0; i < shape_.head_width; ++i) {
        const std::uint64_t column = head * shape_.head_width + i;
        const std::uint64_t key_column = 2 * head * shape_.head_width + i,
                            value_column = key_column + shape_.head_width;
        put_int32(at.q_multiplier, column, query[head]);
        put_byte(at.q_shift, column, query_shift[head]);
        put_int32(at.kv_bias, key_column, key_bias[column]);
        put_int32(at.kv_multiplier, key_column, key[head]);
        put_byte(at.kv_shift, key_column, key_shift[head]);
        put_int32(at.kv_bias, value_column, value_bias[column]);
        put_int32(at.kv_multiplier, value_column, value[column]);
        put_byte(at.kv_shift, value_column, value_shift[column]);
      }
    }
  }

  void pack_block() {
    const BlockConstants& at = layout_.block();
    int32s("bo", at.output_bias);
    scale("output", at.output_multiplier, at.output_shift);
    if (!shape_.pre_ln) norm("norm1", at.norm1_gamma, at.norm1_beta);
    scale("x1", at.x1_multiplier, at.x1_shift);
    int32s("b1", at.hidden_bias);
    scale("hidden", at.hidden_multiplier, at.hidden_shift);
    const TensorView<std::int16_t> table = parameters_.view<std::int16_t>("activation.table");
    put(at.activation_table, table.bytes(), table.size() * sizeof(std::int16_t));
    scale("y", at.y_multiplier, at.y_shift);
    int32s("b2", at.increment_bias);
    scale("increment", at.increment_multiplier, at.increment_shift);
    norm("norm2", at.norm2_gamma, at.norm2_beta);
    if (shape_.final_norm) norm("norm_final", at.norm_final_gamma, at.norm_final_beta);
  }

  /// Copies rows x columns of a row-major int8 matrix of `stride` columns from its element (row, column) on.
  void tile(const TensorView<std::int8_t>& matrix, std::uint64_t stride, std::uint64_t row, std::uint64_t column,
            std::uint64_t rows, std::uint64_t columns, std::uint64_t offset) {
    for (std::uint64_t r = 0; r < rows; ++r) {
      put(offset + r * columns, matrix.bytes() + (row + r) * stride + column, columns);
    }
  }

  void pack_weights() {
    const std::uint32_t width = shape_.width, ffn = shape_.ffn_width, head_width = shape_.head_width;
    const char* const projections[] = {"wq", "wk", "wv"};
    for (std::uint64_t matrix = 0; matrix < 3; ++matrix) {
      const TensorView<std::int8_t> weights = parameters_.view<std::int8_t>(projections[matrix]);
      for (std::uint32_t head = 0; head < shape_.heads; ++head) {
        tile(weights, width, 0, head * head_width, width, head_width,
             layout_.head_weights(head).offset + matrix * layout_.weight_stride());
      }
    }
    const auto wo = parameters_.view<std::int8_t>("wo"), w1 = parameters_.view<std::int8_t>("w1"),
               w2 = parameters_.view<std::int8_t>("w2");
    for (std::uint32_t t = 0; t < shape_.output_tiles(); ++t) {
      const std::uint32_t columns = LayerShape::tile_columns(width, t);
      tile(wo, width, 0, t * kTileColumns, width, columns, layout_.output_tile(t).offset);
      for (std::uint32_t chunk = 0; chunk < shape_.ffn_chunks(); ++chunk) {
        tile(w2, width, chunk * kTileDepth, t * kTileColumns, shape_.chunk_depth(chunk), columns,
             layout_.ffn2_tile(chunk, t).offset);
      }
    }
    for (std::uint32_t t = 0; t < shape_.ffn_tiles(); ++t) {
      tile(w1, ffn, 0, t * kTileColumns, width, LayerShape::tile_columns(ffn, t), layout_.ffn1_tile(t).offset);
    }
  }

  const LayerShape& shape_;
  const LayerParameters& parameters_;
  const ParameterLayout layout_;
  std::vector<std::uint8_t> block_;
};

}  // namespace

std::vector<std::uint8_t> pack_parameters(const LayerShape& shape, const LayerParameters& parameters) {
  return Packer(shape, parameters).pack();
}

}  // namespace esact::platform
