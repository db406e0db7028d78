#pragma once

#include <array>
#include <cstdint>

namespace esact::kernels {

/// Valid columns summed over the rows of one sequence of `length` tokens.
std::uint64_t valid_columns(std::uint64_t length, bool causal);

/// Products the predictor forms for one sequence in one layer of width `width`. Docs: docs/spls.md, "Counts".
std::uint64_t predictor_products(std::uint64_t length, std::uint64_t width, bool causal);

/// MACs of one layer over one sequence where nothing is skipped, what SPLS is compared with: query, key, value, score,
/// context, output, FFN. Specification section 4.
std::array<std::uint64_t, 7> dense_macs(std::uint64_t length, std::uint64_t width, std::uint64_t ffn_width,
                                        bool causal);

}  // namespace esact::kernels
