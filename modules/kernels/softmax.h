#pragma once

#include <cstddef>
#include <cstdint>

namespace esact::kernels {

/// Unnormalised softmax weights of the `count` (1..1024) scores at a row's kept positions, and their sum (at least
/// 255). `multiplier` (non-negative) and `shift` (0..62) turn a score difference into 1/256 octaves. Docs:
/// docs/numerics.md, "Softmax".
void softmax_weights(const std::int32_t* scores, std::size_t count, std::int32_t multiplier, unsigned shift,
                     std::uint8_t* weights, std::int32_t* weight_sum);

/// Normalises one row's context: `context_q8 = round_divide(256 * context, weight_sum)`, the weighted mean of the
/// values in Q8, and `z = requantise(context_q8)` with a multiplier and a shift per column. `weight_sum` lies
/// in 1..2^20,
/// `|context|` is at most `128 * weight_sum`. `context_q8` may be `context`.
void divide_context(const std::int32_t* context, std::int32_t weight_sum, std::size_t columns,
                    const std::int32_t* multiplier, const std::uint8_t* shift, std::int32_t* context_q8,
                    std::int8_t* z);

}  // namespace esact::kernels
