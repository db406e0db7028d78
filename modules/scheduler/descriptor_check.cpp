#include "scheduler/descriptor_check.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace esact {
namespace {

constexpr std::uint32_t kLongestSequence = 1024;

std::uint64_t field(const Descriptor& descriptor, std::size_t offset, std::size_t bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, reinterpret_cast<const unsigned char*>(&descriptor) + offset, bytes);
  return value;
}

}  // namespace

void check_descriptor(const Descriptor& descriptor) {
  for (const DescriptorCheck& check : kDescriptorChecks) {
    const std::uint64_t value = field(descriptor, check.offset, check.bytes);
    if (value < check.minimum || value > check.maximum) throw LayerError{check.error, 0};
  }
  if (descriptor.width != descriptor.heads * descriptor.head_width) throw LayerError{ErrorCode::kBadShape, 0};
  const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
  if (descriptor.reserved0 != 0 ||
      !std::all_of(std::begin(descriptor.reserved1), std::end(descriptor.reserved1), is_zero)) {
    throw LayerError{ErrorCode::kReservedNotZero, 0};
  }
  for (std::size_t offset : kDescriptorAddresses) {
    const std::uint64_t address = field(descriptor, offset, sizeof address);
    if (address % 64 != 0) throw LayerError{ErrorCode::kMisalignedAddress, address};
  }
}

void check_sequences(const Descriptor& descriptor, const std::vector<std::uint32_t>& sequences) {
  std::uint64_t tokens = 0;
  for (std::uint32_t length : sequences) {
    if (length < 1 || length > kLongestSequence)
      throw LayerError{ErrorCode::kBadSequenceTable, descriptor.sequence_table};
    tokens += length;
  }
  if (tokens != descriptor.tokens) throw LayerError{ErrorCode::kBadSequenceTable, descriptor.sequence_table};
}

LayerWork layer_work(const Descriptor& descriptor, std::vector<std::uint32_t> sequences) {
  const auto flag = [&](std::uint16_t mask) { return (descriptor.flags & mask) != 0; };
  LayerWork work;
  work.shape.width = descriptor.width;
  work.shape.heads = descriptor.heads;
  work.shape.head_width = descriptor.head_width;
  work.shape.ffn_width = descriptor.ffn_width;
  work.shape.causal = flag(descriptor_flags::kCausal);
  work.shape.pre_ln = flag(descriptor_flags::kPreLn);
  work.shape.final_norm = flag(descriptor_flags::kFinalNorm);
  work.spls.enabled = flag(descriptor_flags::kSplsEnabled);
  work.spls.k_q8 = descriptor.k_q8;
  work.spls.s_q8 = descriptor.s_q8;
  work.spls.f_q8 = descriptor.f_q8;
  work.spls.window = descriptor.window;
  work.spls.quantizer = static_cast<kernels::Quantizer>(descriptor.quantizer);
  work.spls.offset_kth = descriptor.offset;
  work.spls.hamming = descriptor.metric;
  work.sequences = std::move(sequences);
  return work;
}

void check_memory(const Descriptor& descriptor, const LayerWork& work, const LayerPlan& plan,
                  std::uint64_t sram_bytes) {
  if (plan.minimum_bytes > sram_bytes) throw LayerError{ErrorCode::kSramTooSmall, plan.minimum_bytes};
  if (descriptor.parameters_bytes < ParameterLayout(work.shape).bytes()) {
    throw LayerError{ErrorCode::kParametersTooSmall, descriptor.parameters};
  }
  if (descriptor.scratch_bytes < scratch_bytes(work)) throw LayerError{ErrorCode::kScratchTooSmall, descriptor.scratch};
}

}  // namespace esact
