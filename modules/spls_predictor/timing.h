#pragma once

#include <algorithm>
#include <cstdint>

#include "common/commands.h"
#include "esact_interface/config.h"

/// Cycles of the predictor's steps without contention (docs/spls_predictor.md). A step that reads operands also lasts
/// until they are there.
namespace esact::predictor_timing {

constexpr std::uint64_t divide_up(std::uint64_t dividend, std::uint64_t divisor) {
  return (dividend + divisor - 1) / divisor;
}

/// Valid columns of row `row` of the command's sequence.
constexpr std::uint32_t valid_columns(const PredictorCommand& command, std::uint32_t row) {
  return command.causal != 0 ? row + 1 : command.tokens;
}

/// Rows of the window that starts at `first_row`: the last one of a sequence may be short.
constexpr std::uint32_t window_rows(const PredictorCommand& command, std::uint32_t first_row) {
  return std::min<std::uint32_t>(command.spls.window, command.tokens - first_row);
}

/// Products of a head's K^: tokens * width * head_width.
constexpr std::uint64_t key_products(const PredictorCommand& command) {
  return std::uint64_t{command.tokens} * command.width * command.head_width;
}

/// Products of one window's Q^: rows * width * head_width.
constexpr std::uint64_t query_products(const PredictorCommand& command, std::uint32_t rows) {
  return std::uint64_t{rows} * command.width * command.head_width;
}

/// Products of one window's PAM rows, which have `valid` valid columns in all: valid * head_width.
constexpr std::uint64_t pam_products(const PredictorCommand& command, std::uint64_t valid) {
  return valid * command.head_width;
}

/// K^ of a head: ceil(key_products / products_per_cycle) + pipeline_cycles.
constexpr std::uint64_t key_cycles(const PredictorConfig& config, const PredictorCommand& command) {
  return divide_up(key_products(command), config.products_per_cycle) + config.pipeline_cycles;
}

/// Q^ and PAM rows of a window: ceil(query_products / products_per_cycle) + ceil(pam_products / products_per_cycle).
constexpr std::uint64_t window_cycles(const PredictorConfig& config, const PredictorCommand& command,
                                      std::uint32_t rows, std::uint64_t valid) {
  return divide_up(query_products(command, rows), config.products_per_cycle) +
         divide_up(pam_products(command, valid), config.products_per_cycle);
}

/// Top-k and similarity of a window: ceil(topk_compares / select_lanes) + ceil(similarity_adds / select_lanes).
constexpr std::uint64_t select_cycles(const PredictorConfig& config, std::uint64_t topk_compares,
                                      std::uint64_t similarity_adds) {
  return divide_up(topk_compares, config.select_lanes) + divide_up(similarity_adds, config.select_lanes);
}

/// FFN roots of a sequence: ceil(tokens * heads / select_lanes) + pipeline_cycles.
constexpr std::uint64_t vote_cycles(const PredictorConfig& config, const PredictorCommand& command) {
  return divide_up(std::uint64_t{command.tokens} * command.heads, config.select_lanes) + config.pipeline_cycles;
}

}  // namespace esact::predictor_timing
