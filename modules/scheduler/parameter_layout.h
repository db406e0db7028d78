#pragma once

#include <cstdint>
#include <vector>

#include "common/address_cursor.h"
#include "common/commands.h"

namespace esact {

/// Shape of one layer, as its descriptor carries it.
struct LayerShape {
  std::uint32_t width = 0;       ///< D
  std::uint32_t heads = 0;       ///< H
  std::uint32_t head_width = 0;  ///< d
  std::uint32_t ffn_width = 0;   ///< F
  bool causal = false;
  bool pre_ln = false;
  bool final_norm = false;

  std::uint32_t output_tiles() const { return (width + kTileColumns - 1) / kTileColumns; }
  std::uint32_t ffn_tiles() const { return (ffn_width + kTileColumns - 1) / kTileColumns; }
  std::uint32_t ffn_chunks() const { return (ffn_width + kTileDepth - 1) / kTileDepth; }
  /// Columns of tile `tile` of a matrix of `columns` columns.
  static std::uint32_t tile_columns(std::uint32_t columns, std::uint32_t tile);
  /// Rows of W2 in chunk `chunk`.
  std::uint32_t chunk_depth(std::uint32_t chunk) const;
};

/// Scalars at the head of a parameter block.
struct LayerScalars {
  std::uint32_t norm1_shift = 0;
  std::int32_t norm1_epsilon = 0;
  std::uint32_t norm2_shift = 0;
  std::int32_t norm2_epsilon = 0;
  std::uint32_t norm_final_shift = 0;
  std::int32_t norm_final_epsilon = 0;
};

/// A run of bytes inside the parameter block.
struct Section {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// Vectors that the attention phase keeps in SRAM, offsets from the start of the parameter block. int32 unless noted,
/// shifts uint8. q and k scales are repeated for every column, so that all scales are per column.
struct AttentionConstants {
  std::uint64_t scalars;                  ///< LayerScalars
  std::uint64_t predictor_shifts;         ///< uint8 q_shift[H], k_shift[H]
  std::uint64_t x_multiplier, x_shift;    ///< [D]
  std::uint64_t norm1_gamma, norm1_beta;  ///< [D]
  std::uint64_t q_bias, kv_bias;          ///< [H][d], [H][2d]: k then v of each head
  std::uint64_t q_multiplier, q_shift, kv_multiplier, kv_shift;
  std::uint64_t softmax_multiplier, softmax_shift;  ///< [H]
  std::uint64_t z_multiplier, z_shift;              ///< [D]
};

/// Vectors that the row blocks (output projection to the end of the layer) keep in SRAM.
struct BlockConstants {
  std::uint64_t output_bias, output_multiplier, output_shift;                ///< [D]
  std::uint64_t norm1_gamma, norm1_beta;                                     ///< [D]
  std::uint64_t x1_multiplier, x1_shift;                                     ///< [D]
  std::uint64_t hidden_bias, hidden_multiplier, hidden_shift;                ///< [F]
  std::uint64_t activation_table;                                            ///< int16 [256]
  std::uint64_t y_multiplier, y_shift;                                       ///< [F]
  std::uint64_t increment_bias, increment_multiplier, increment_shift;       ///< [D]
  std::uint64_t norm2_gamma, norm2_beta, norm_final_gamma, norm_final_beta;  ///< [D]
};

/// Layout of a layer's parameter block in DRAM: constants of the attention phase, constants of the row blocks, then the
/// weights in the order of use: per head wq, wk, wv [D, d]; tiles of wo and w1 [D, columns]; per chunk of at most
/// kTileDepth rows the tiles of w2 [depth, columns]. Every vector and tile starts at a multiple of 64 bytes.
class ParameterLayout {
 public:
  explicit ParameterLayout(const LayerShape& shape);

  const AttentionConstants& attention() const { return attention_; }
  const BlockConstants& block() const { return block_; }
  Section attention_constants() const { return attention_section_; }
  Section block_constants() const { return block_section_; }

  Section head_weights(std::uint32_t head) const;  ///< wq, wk, wv, each weight_stride() bytes after the former
  std::uint64_t weight_stride() const;             ///< bytes from wq to wk and from wk to wv
  Section output_tile(std::uint32_t tile) const;
  Section ffn1_tile(std::uint32_t tile) const;
  Section ffn2_tile(std::uint32_t chunk, std::uint32_t tile) const;
  std::uint64_t bytes() const { return bytes_; }

 private:
  LayerShape shape_;
  AttentionConstants attention_{};
  BlockConstants block_{};
  Section attention_section_;
  Section block_section_;
  std::uint64_t weights_ = 0;
  std::vector<Section> output_tiles_;
  std::vector<Section> ffn1_tiles_;
  std::vector<Section> ffn2_tiles_;  ///< [chunk][tile]
  std::uint64_t bytes_ = 0;
};

}  // namespace esact
