#pragma once

#include <cstdint>
#include <vector>

#include "common/commands.h"

/// Values of the predictor's steps, without time: what the module computes once a step's operands are there. Matrices
/// are row-major without gaps. Docs: docs/spls.md, docs/numerics.md.
namespace esact::prediction {

using Levels = std::vector<std::int16_t>;

/// Levels of the codes that `command`'s quantizer made.
Levels decode(const PredictorCommand& command, const std::vector<std::uint8_t>& codes);

/// Levels of int8 values: codes and back.
Levels level(const PredictorCommand& command, const std::vector<std::int8_t>& values);

/// Rows of Q^ or K^, int8 [rows, head_width]: levels of x [rows, width] times levels of W [width, head_width] plus
/// `bias` [head_width], shifted right by `shift` with rounding and saturated to [-127, 127].
std::vector<std::int8_t> project(const PredictorCommand& command, const Levels& x, const Levels& weights,
                                 const std::vector<std::int32_t>& bias, unsigned shift);

/// PAM rows, int32 [rows, tokens], from row `first_row` on: levels of Q^ [rows, head_width] times levels of K^ [tokens,
/// head_width] at valid columns, 0 elsewhere.
std::vector<std::int32_t> attention_rows(const PredictorCommand& command, std::uint32_t first_row,
                                         const Levels& queries, const Levels& keys);

/// What was selected of one window.
struct Selection {
  std::vector<std::uint8_t> mask;            ///< [rows, tokens]: 1 where kept
  std::vector<std::uint8_t> representative;  ///< [rows]: offset in the window
  std::uint64_t topk_compares = 0;
  std::uint64_t similarity_adds = 0;
};

/// Top-k, offset and similarity of the window whose PAM rows start at `first_row`.
Selection select(const PredictorCommand& command, std::uint32_t first_row, const std::vector<std::int32_t>& pam);

/// Mask as it lies in SRAM: bit j%8 of byte j/8 of a row for column j, rows of `mask_stride` bytes.
std::vector<std::uint8_t> pack_mask(const PredictorCommand& command, const std::vector<std::uint8_t>& mask);

/// Bit r: row r of the window is its own representative.
std::uint64_t critical_rows(const std::vector<std::uint8_t>& representative);

/// Distances back, as they lie in SRAM: each row's place in its window less that of the row it follows, of one window.
std::vector<std::uint8_t> distances(const std::vector<std::uint8_t>& offsets);

/// FFN roots of a sequence from the representatives of all heads: distances back, [tokens] from [heads, tokens].
std::vector<std::uint8_t> vote(const PredictorCommand& command, const std::vector<std::uint8_t>& representative);

}  // namespace esact::prediction
