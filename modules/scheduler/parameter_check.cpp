#include "scheduler/parameter_check.h"

#include <cstddef>
#include <cstring>
#include <limits>

#include "scheduler/task_group.h"

namespace esact {
namespace {

/// Consecutive values of the block with one range.
struct Values {
  std::uint64_t offset, count;
  std::size_t bytes;  ///< of one: 1, unsigned, or 4, signed
  std::int32_t least, most;
};

constexpr std::int32_t kLargestBias = 1 << 30;
constexpr std::int32_t kLargestShift = 62;
constexpr std::int32_t kLargestPredictorShift = 24;

Values biases(std::uint64_t offset, std::uint64_t count) {
  return {offset, count, 4, -kLargestBias, kLargestBias};
}
Values not_negative(std::uint64_t offset, std::uint64_t count) {
  return {offset, count, 4, 0, std::numeric_limits<std::int32_t>::max()};
}
Values shifts(std::uint64_t offset, std::uint64_t count) {
  return {offset, count, 1, 0, kLargestShift};
}

std::vector<Values> attention_values(const LayerShape& shape, const AttentionConstants& at) {
  const std::uint64_t width = shape.width, heads = shape.heads;
  std::vector<Values> list;
  for (const std::size_t shift : {offsetof(LayerScalars, norm1_shift), offsetof(LayerScalars, norm2_shift),
                                  offsetof(LayerScalars, norm_final_shift)}) {
    list.push_back({at.scalars + shift, 1, 4, 0, kLargestShift});
  }
  for (const std::size_t epsilon : {offsetof(LayerScalars, norm1_epsilon), offsetof(LayerScalars, norm2_epsilon),
                                    offsetof(LayerScalars, norm_final_epsilon)}) {
    list.push_back(not_negative(at.scalars + epsilon, 1));
  }
  list.push_back({at.predictor_shifts, 2 * heads, 1, 0, kLargestPredictorShift});
  for (const Values& values :
       {not_negative(at.x_multiplier, width), shifts(at.x_shift, width), biases(at.q_bias, width),
        biases(at.kv_bias, 2 * width), not_negative(at.q_multiplier, width), shifts(at.q_shift, width),
        not_negative(at.kv_multiplier, 2 * width), shifts(at.kv_shift, 2 * width),
        not_negative(at.softmax_multiplier, heads), shifts(at.softmax_shift, heads),
        not_negative(at.z_multiplier, width), shifts(at.z_shift, width)}) {
    list.push_back(values);
  }
  return list;
}

std::vector<Values> block_values(const LayerShape& shape, const BlockConstants& at) {
  const std::uint64_t width = shape.width, ffn = shape.ffn_width;
  return {biases(at.output_bias, width),
          not_negative(at.output_multiplier, width),
          shifts(at.output_shift, width),
          not_negative(at.x1_multiplier, width),
          shifts(at.x1_shift, width),
          biases(at.hidden_bias, ffn),
          not_negative(at.hidden_multiplier, ffn),
          shifts(at.hidden_shift, ffn),
          not_negative(at.y_multiplier, ffn),
          shifts(at.y_shift, ffn),
          biases(at.increment_bias, width),
          not_negative(at.increment_multiplier, width),
          shifts(at.increment_shift, width)};
}

std::int32_t load(const std::uint8_t* from, std::size_t bytes) {
  if (bytes == 1) return *from;
  std::int32_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

void check_parameters(const LayerShape& shape, const ParameterLayout& layout, const Section& section,
                      const std::vector<std::uint8_t>& bytes, std::uint64_t block) {
  const bool attention = section.offset == layout.attention_constants().offset;
  const std::vector<Values> list =
      attention ? attention_values(shape, layout.attention()) : block_values(shape, layout.block());
  for (const Values& values : list) {
    for (std::uint64_t i = 0; i < values.count; ++i) {
      const std::uint64_t offset = values.offset + i * values.bytes;
      const std::int32_t value = load(bytes.data() + (offset - section.offset), values.bytes);
      if (value < values.least || value > values.most) throw LayerError{ErrorCode::kBadParameters, block + offset};
    }
  }
}

}  // namespace esact
