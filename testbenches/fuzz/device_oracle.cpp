#include "fuzz/device_oracle.h"

#include <algorithm>

#include "scheduler/plan.h"

namespace esact::fuzz {
namespace {

constexpr std::uint64_t kMostProducts = 4'000'000;

void note(std::set<ErrorCode>& codes, bool violated, ErrorCode code) {
  if (violated) codes.insert(code);
}

bool outside(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
  return value < least || value > most;
}

/// The tables of docs/registers.md.
std::set<ErrorCode> static_violations(const Descriptor& d) {
  std::set<ErrorCode> codes;
  note(codes, d.version != 1, ErrorCode::kBadVersion);
  note(codes, d.flags > 31, ErrorCode::kBadFlags);
  const bool shape = outside(d.sequences, 1, 64) || outside(d.tokens, 1, 65536) || outside(d.width, 1, 1024) ||
                     outside(d.heads, 1, 64) || outside(d.head_width, 1, 128) || outside(d.ffn_width, 1, 4096) ||
                     std::uint32_t{d.heads} * d.head_width != d.width;
  note(codes, shape, ErrorCode::kBadShape);
  const bool knob = outside(d.k_q8, 1, 256) || d.f_q8 > 257 || outside(d.window, 1, 64) || d.quantizer > 4 ||
                    d.offset > 1 || d.metric > 1;
  note(codes, knob, ErrorCode::kBadKnob);
  const bool reserved = d.reserved0 != 0 || std::any_of(std::begin(d.reserved1), std::end(d.reserved1),
                                                        [](std::uint8_t byte) { return byte != 0; });
  note(codes, reserved, ErrorCode::kReservedNotZero);
  const std::uint64_t addresses = d.sequence_table | d.input_h | d.output_h | d.parameters | d.scratch;
  note(codes, addresses % 64 != 0, ErrorCode::kMisalignedAddress);
  return codes;
}

LayerWork work_of(const Descriptor& d, std::vector<std::uint32_t> sequences) {
  LayerWork work;
  work.shape.width = d.width;
  work.shape.heads = d.heads;
  work.shape.head_width = d.head_width;
  work.shape.ffn_width = d.ffn_width;
  work.shape.causal = (d.flags & descriptor_flags::kCausal) != 0;
  work.shape.pre_ln = (d.flags & descriptor_flags::kPreLn) != 0;
  work.shape.final_norm = (d.flags & descriptor_flags::kFinalNorm) != 0;
  work.spls.enabled = (d.flags & descriptor_flags::kSplsEnabled) != 0;
  work.spls.window = d.window;
  work.sequences = std::move(sequences);
  return work;
}

/// True if any two of the ranges share a byte.
bool overlap(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i - 1].first + ranges[i - 1].second > ranges[i].first) return true;
  }
  return false;
}

}  // namespace

Verdict judge(const Descriptor& d, const MemoryView& memory, const EsactConfig& config) {
  Verdict verdict;
  std::set<ErrorCode>& codes = verdict.codes = static_violations(d);
  if (!codes.empty()) return verdict;

  std::vector<std::uint32_t> sequences(d.sequences);
  const std::uint64_t table_bytes = sequences.size() * sizeof(std::uint32_t);
  if (!memory.holds(d.sequence_table, table_bytes)) {
    codes.insert(ErrorCode::kBusError);
    if (memory.touches_device(d.sequence_table, table_bytes)) codes.insert(ErrorCode::kBadSequenceTable);
    return verdict;
  }
  memory.read(d.sequence_table, sequences.data(), table_bytes);
  std::uint64_t tokens = 0;
  for (const std::uint32_t length : sequences) {
    if (length < 1 || length > 1024) codes.insert(ErrorCode::kBadSequenceTable);
    tokens += length;
  }
  note(codes, tokens != d.tokens, ErrorCode::kBadSequenceTable);
  if (!codes.empty()) return verdict;

  const LayerWork work = work_of(d, sequences);
  const std::uint64_t parameters = ParameterLayout(work.shape).bytes(), scratch = scratch_bytes(work);
  note(codes, d.parameters_bytes < parameters, ErrorCode::kParametersTooSmall);
  note(codes, d.scratch_bytes < scratch, ErrorCode::kScratchTooSmall);
  note(codes, minimum_sram_bytes(work, config) > config.sram.bytes, ErrorCode::kSramTooSmall);
  if (!codes.empty()) return verdict;

  const std::uint64_t h_bytes = tokens * d.width * sizeof(std::int32_t);
  const std::uint64_t products = tokens * d.width * (4 * d.width + 2 * d.ffn_width + 2 * tokens);
  verdict.too_large = products > kMostProducts;
  const bool held =
      memory.holds(d.input_h, h_bytes) && memory.holds(d.output_h, h_bytes) && memory.holds(d.parameters, parameters);
  const bool scratch_held = memory.holds(d.scratch, scratch);
  const bool device = memory.touches_device(d.input_h, h_bytes) || memory.touches_device(d.output_h, h_bytes) ||
                      memory.touches_device(d.parameters, parameters) || memory.touches_device(d.scratch, scratch);
  note(codes, !held || !scratch_held, ErrorCode::kBusError);
  note(codes, true, ErrorCode::kBadParameters);
  note(codes, true, ErrorCode::kOverflow);
  note(codes, held || device, ErrorCode::kNone);
  const auto apart = [&](std::uint64_t h) {
    return !overlap({{h, h_bytes},
                     {d.sequence_table, table_bytes},
                     {d.parameters, parameters},
                     {d.scratch, scratch},
                     {memory.ring, memory.ring_bytes}});
  };
  const bool in_place = d.input_h == d.output_h || !overlap({{d.input_h, h_bytes}, {d.output_h, h_bytes}});
  verdict.exact = held && scratch_held && in_place && apart(d.input_h) && apart(d.output_h);
  note(codes, !verdict.exact, ErrorCode::kBadScratch);
  return verdict;
}

}  // namespace esact::fuzz
