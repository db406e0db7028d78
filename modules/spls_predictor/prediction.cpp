#include "spls_predictor/prediction.h"

#include <algorithm>

#include "kernels/fixed_point.h"
#include "kernels/gemm.h"
#include "kernels/quantizer.h"
#include "kernels/similarity.h"
#include "kernels/top_k.h"
#include "kernels/vote.h"
#include "spls_predictor/timing.h"

namespace esact::prediction {

using kernels::MatrixView;
using predictor_timing::valid_columns;
using predictor_timing::window_rows;

Levels decode(const PredictorCommand& command, const std::vector<std::uint8_t>& codes) {
  Levels levels(codes.size());
  kernels::decode(command.spls.quantizer, codes.data(), codes.size(), levels.data());
  return levels;
}

Levels level(const PredictorCommand& command, const std::vector<std::int8_t>& values) {
  Levels levels(values.size());
  kernels::level(command.spls.quantizer, values.data(), values.size(), levels.data());
  return levels;
}

std::vector<std::int8_t> project(const PredictorCommand& command, const Levels& x, const Levels& weights,
                                 const std::vector<std::int32_t>& bias, unsigned shift) {
  const std::size_t rows = x.size() / command.width;
  const std::size_t columns = command.head_width;
  std::vector<std::int32_t> sums(rows * columns);
  kernels::gemm(MatrixView<const std::int16_t>(x.data(), rows, command.width),
                MatrixView<const std::int16_t>(weights.data(), command.width, columns),
                MatrixView<std::int32_t>(sums.data(), rows, columns));
  std::vector<std::int8_t> projected(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::int64_t rounded = kernels::round_shift(std::int64_t{sums[i]} + bias[i % columns], shift);
    projected[i] = static_cast<std::int8_t>(std::clamp<std::int64_t>(rounded, -127, 127));
  }
  return projected;
}

std::vector<std::int32_t> attention_rows(const PredictorCommand& command, std::uint32_t first_row,
                                         const Levels& queries, const Levels& keys) {
  const std::uint32_t rows = window_rows(command, first_row);
  std::vector<std::int32_t> values(std::size_t{rows} * command.tokens);
  const MatrixView<std::int32_t> pam(values.data(), rows, command.tokens);
  const std::uint32_t last_valid = valid_columns(command, first_row + rows - 1);
  kernels::gemm_transposed(MatrixView<const std::int16_t>(queries.data(), rows, command.head_width),
                           MatrixView<const std::int16_t>(keys.data(), last_valid, command.head_width),
                           pam.block(0, 0, rows, last_valid));
  for (std::uint32_t row = 0; row < rows; ++row) {
    std::fill(pam.row(row) + valid_columns(command, first_row + row), pam.row(row) + command.tokens, 0);
  }
  return values;
}

Selection select(const PredictorCommand& command, std::uint32_t first_row, const std::vector<std::int32_t>& pam) {
  const SplsKnobs& spls = command.spls;
  const std::size_t rows = pam.size() / command.tokens;
  const auto offset = spls.offset_kth != 0 ? kernels::Offset::kKth : kernels::Offset::kNone;
  const auto metric = spls.hamming != 0 ? kernels::Metric::kHamming : kernels::Metric::kL1;

  Selection selection;
  selection.mask.resize(pam.size());
  std::vector<std::int32_t> spa(pam.size());
  std::vector<std::size_t> valid(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t start = row * command.tokens;
    valid[row] = valid_columns(command, first_row + static_cast<std::uint32_t>(row));
    const std::size_t keep = kernels::kept_count(valid[row], spls.k_q8);
    kernels::top_k(&pam[start], valid[row], keep, &selection.mask[start]);
    kernels::apply_mask(&pam[start], &selection.mask[start], valid[row], offset, &spa[start]);
    selection.topk_compares += kernels::top_k_compares(valid[row], keep);
  }
  kernels::WindowSelection window = kernels::select_critical_rows(
      MatrixView<const std::int32_t>(spa.data(), rows, command.tokens),
      MatrixView<const std::uint8_t>(selection.mask.data(), rows, command.tokens), valid.data(), spls.s_q8, metric);
  selection.representative = std::move(window.representative);
  selection.similarity_adds = window.compared_columns;
  return selection;
}

std::vector<std::uint8_t> pack_mask(const PredictorCommand& command, const std::vector<std::uint8_t>& mask) {
  const std::size_t rows = mask.size() / command.tokens;
  std::vector<std::uint8_t> packed(rows * command.mask_stride);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint8_t* const bits = &mask[row * command.tokens];
    std::uint8_t* const bytes = &packed[row * command.mask_stride];
    for (std::size_t column = 0; column < command.tokens; column += 8) {
      const std::size_t count = std::min<std::size_t>(8, command.tokens - column);
      unsigned byte = 0;
      for (std::size_t bit = 0; bit < count; ++bit) byte |= static_cast<unsigned>(bits[column + bit]) << bit;
      bytes[column / 8] = static_cast<std::uint8_t>(byte);
    }
  }
  return packed;
}

std::uint64_t critical_rows(const std::vector<std::uint8_t>& representative) {
  std::uint64_t bits = 0;
  for (std::size_t row = 0; row < representative.size(); ++row) {
    bits |= std::uint64_t{representative[row] == row} << row;
  }
  return bits;
}

std::vector<std::uint8_t> distances(const std::vector<std::uint8_t>& offsets) {
  std::vector<std::uint8_t> distances(offsets.size());
  for (std::size_t row = 0; row < offsets.size(); ++row) distances[row] = static_cast<std::uint8_t>(row - offsets[row]);
  return distances;
}

std::vector<std::uint8_t> vote(const PredictorCommand& command, const std::vector<std::uint8_t>& representative) {
  std::vector<std::uint8_t> roots;
  for (std::uint32_t first = 0; first < command.tokens; first += command.spls.window) {
    const std::size_t rows = window_rows(command, first);
    std::vector<std::uint8_t> offsets(command.heads * rows);
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const std::size_t row = i % rows;
      offsets[i] = static_cast<std::uint8_t>(row - representative[i / rows * command.tokens + first + row]);
    }
    std::vector<std::uint8_t> window_roots(rows);
    kernels::vote_ffn_roots(MatrixView<const std::uint8_t>(offsets.data(), command.heads, rows), command.spls.f_q8,
                            window_roots.data());
    const std::vector<std::uint8_t> back = distances(window_roots);
    roots.insert(roots.end(), back.begin(), back.end());
  }
  return roots;
}

}  // namespace esact::prediction
