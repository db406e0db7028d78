#include "fuzz/layer_case.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

#include "platforms/esact_vp/image.h"

namespace esact::fuzz {
namespace {

/// Fills a parameter block, piece by piece.
class Block {
 public:
  Block(const LayerShape& shape, Random& random)
      : shape_(shape), layout_(shape), random_(random), bytes_(layout_.bytes()) {}

  std::vector<std::uint8_t> make() {
    for (std::uint64_t i = layout_.head_weights(0).offset; i < bytes_.size(); ++i) {
      bytes_[i] = static_cast<std::uint8_t>(random_.next());
    }
    scalars();
    attention();
    rows();
    return std::move(bytes_);
  }

 private:
  using Make = std::function<std::int64_t()>;

  template <typename Value>
  void fill(std::uint64_t offset, std::uint64_t count, const Make& make) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto value = static_cast<Value>(make());
      std::memcpy(bytes_.data() + offset + i * sizeof(Value), &value, sizeof value);
    }
  }

  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most - least + 1)));
  }
  void biases(std::uint64_t offset, std::uint64_t count) {
    const std::int64_t most = random_.once_in(8) ? 1 << 30 : 5000;
    fill<std::int32_t>(offset, count, [&] { return between(-most, most); });
  }
  /// A factor of about 2^-`magnitude`.
  void scales(std::uint64_t multipliers, std::uint64_t shifts, std::uint64_t count, unsigned magnitude) {
    const std::int64_t shift = random_.once_in(8) ? between(0, 62) : between(20 + magnitude, 31 + magnitude);
    fill<std::int32_t>(multipliers, count, [&] { return random_.once_in(40) ? 0 : between(1 << 20, 1 << 30); });
    fill<std::uint8_t>(shifts, count, [&] { return shift; });
  }
  void norm(std::uint64_t gamma, std::uint64_t beta) {
    fill<std::int32_t>(gamma, shape_.width, [&] { return between(-(1 << 20), 1 << 20); });
    fill<std::int32_t>(beta, shape_.width, [&] { return between(-2000, 2000); });
  }

  void scalars() {
    LayerScalars scalars;
    for (std::uint32_t* shift : {&scalars.norm1_shift, &scalars.norm2_shift, &scalars.norm_final_shift}) {
      *shift = static_cast<std::uint32_t>(random_.once_in(8) ? between(0, 62) : between(18, 26));
    }
    for (std::int32_t* epsilon : {&scalars.norm1_epsilon, &scalars.norm2_epsilon, &scalars.norm_final_epsilon}) {
      *epsilon = static_cast<std::int32_t>(random_.number(31));
    }
    std::memcpy(bytes_.data() + layout_.attention().scalars, &scalars, sizeof scalars);
  }

  void attention() {
    const AttentionConstants& at = layout_.attention();
    const std::uint64_t width = shape_.width, heads = shape_.heads;
    fill<std::uint8_t>(at.predictor_shifts, 2 * heads, [&] { return between(0, random_.once_in(4) ? 24 : 12); });
    scales(at.x_multiplier, at.x_shift, width, 4);
    if (shape_.pre_ln) norm(at.norm1_gamma, at.norm1_beta);
    biases(at.q_bias, width);
    biases(at.kv_bias, 2 * width);
    scales(at.q_multiplier, at.q_shift, width, 9);
    scales(at.kv_multiplier, at.kv_shift, 2 * width, 9);
    scales(at.softmax_multiplier, at.softmax_shift, heads, 6);
    scales(at.z_multiplier, at.z_shift, width, 8);
  }

  void rows() {
    const BlockConstants& at = layout_.block();
    const std::uint64_t width = shape_.width, ffn = shape_.ffn_width;
    biases(at.output_bias, width);
    scales(at.output_multiplier, at.output_shift, width, 6);
    if (!shape_.pre_ln) norm(at.norm1_gamma, at.norm1_beta);
    scales(at.x1_multiplier, at.x1_shift, width, 4);
    biases(at.hidden_bias, ffn);
    scales(at.hidden_multiplier, at.hidden_shift, ffn, 9);
    fill<std::int16_t>(at.activation_table, 256, [&] { return between(-32768, 32767); });
    scales(at.y_multiplier, at.y_shift, ffn, 8);
    biases(at.increment_bias, width);
    scales(at.increment_multiplier, at.increment_shift, width, 6);
    norm(at.norm2_gamma, at.norm2_beta);
    if (shape_.final_norm) norm(at.norm_final_gamma, at.norm_final_beta);
  }

  const LayerShape& shape_;
  const ParameterLayout layout_;
  Random& random_;
  std::vector<std::uint8_t> bytes_;
};

LayerWork make_work(Random& random) {
  LayerWork work;
  LayerShape& shape = work.shape;
  shape.heads = static_cast<std::uint32_t>(1 + random.below(4));
  shape.head_width = static_cast<std::uint32_t>(random.pick({1, 2, 3, 5, 8, 16}));
  shape.width = shape.heads * shape.head_width;
  shape.ffn_width = static_cast<std::uint32_t>(random.pick({1, 2, 15, 16, 63, 65}));
  shape.causal = random.once_in(2);
  shape.pre_ln = random.once_in(2);
  shape.final_norm = random.once_in(2);
  for (std::uint64_t i = 0, count = 1 + random.below(3); i < count; ++i) {
    work.sequences.push_back(static_cast<std::uint32_t>(1 + random.below(random.pick({2, 7, 20}))));
  }
  work.spls.enabled = random.once_in(3) ? 0 : 1;
  work.spls.k_q8 = static_cast<std::uint16_t>(random.pick({1, 51, 128, 256}));
  work.spls.s_q8 = static_cast<std::uint16_t>(random.pick({0, 128, 400, 65535}));
  work.spls.f_q8 = static_cast<std::uint16_t>(random.pick({0, 128, 256, 257}));
  work.spls.window = static_cast<std::uint16_t>(random.pick({1, 2, 8, 64}));
  work.spls.quantizer = static_cast<kernels::Quantizer>(random.below(5));
  work.spls.offset_kth = static_cast<std::uint8_t>(random.below(2));
  work.spls.hamming = static_cast<std::uint8_t>(random.below(2));
  return work;
}

}  // namespace

LayerCase make_case(const CaseAddresses& addresses, Random& random) {
  const LayerWork work = make_work(random);
  LayerCase result;
  result.sequences = work.sequences;
  result.parameters = Block(work.shape, random).make();
  result.h.resize(std::size_t{work.tokens()} * work.shape.width);
  const unsigned bits = random.once_in(10) ? 31 : 12;
  for (std::int32_t& value : result.h) {
    value = static_cast<std::int32_t>(static_cast<std::int64_t>(random.below(std::uint64_t{2} << bits)) -
                                      (std::int64_t{1} << bits));
  }
  Descriptor& descriptor = result.descriptor = platform::describe(work);
  descriptor.flags |= descriptor_flags::kInterrupt;
  descriptor.layer = static_cast<std::uint16_t>(random.next());
  descriptor.sequence_table = addresses.table;
  descriptor.input_h = addresses.input_h;
  descriptor.output_h = random.once_in(4) ? addresses.input_h : addresses.output_h;
  descriptor.parameters = addresses.parameters;
  descriptor.scratch = addresses.scratch;
  descriptor.scratch_bytes = addresses.scratch_bytes;
  return result;
}

}  // namespace esact::fuzz
