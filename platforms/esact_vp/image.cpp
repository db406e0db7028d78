#include "platforms/esact_vp/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "platforms/common/error.h"
#include "platforms/esact_vp/memory_map.h"

namespace esact::platform {
namespace {

std::vector<Batch> make_batches(const std::vector<std::uint32_t>& sequences, std::uint32_t batch_size) {
  std::vector<Batch> batches;
  for (std::uint32_t index = 0; index < sequences.size(); ++index) {
    if (index % batch_size == 0) batches.emplace_back();
    batches.back().sequences.push_back(index);
    batches.back().tokens += sequences[index];
  }
  return batches;
}

}  // namespace

LayerShape layer_shape(const ModelShape& model, std::uint32_t layer) {
  LayerShape shape;
  shape.width = model.width;
  shape.heads = model.heads;
  shape.head_width = model.head_width();
  shape.ffn_width = model.ffn;
  shape.causal = model.causal;
  shape.pre_ln = model.pre_ln;
  shape.final_norm = model.has_final_norm(layer);
  return shape;
}

Image::Image(const Workload& workload, const PlatformConfig& config, std::uint32_t batch_size)
    : workload_(workload), batches_(make_batches(workload.sequences, batch_size)) {
  place();
  check_memory(config);
  for (const Batch& batch : batches_) {
    for (std::uint32_t layer = 0; layer < layers(); ++layer) descriptors_.push_back(place(batch, layer));
  }
}

void Image::place() {
  AddressCursor cursor(kDramBase);
  ring_base_ = cursor.take(std::uint64_t{kRingEntries} * kDescriptorBytes);
  for (std::uint32_t layer = 0; layer < layers(); ++layer) {
    parameters_.push_back(cursor.take(ParameterLayout(layer_shape(workload_.model, layer)).bytes()));
  }
  for (Batch& batch : batches_) {
    batch.sequence_table = cursor.take(batch.sequences.size() * sizeof(std::uint32_t));
    for (std::uint64_t& h : batch.h) {
      h = cursor.take(std::uint64_t{batch.tokens} * workload_.model.width * sizeof(std::int32_t));
    }
    for (std::uint32_t layer = 0; layer < layers(); ++layer) {
      scratch_bytes_ = std::max(scratch_bytes_, scratch_bytes(work(batch, layer)));
    }
  }
  scratch_ = cursor.take(scratch_bytes_);
  end_ = cursor.next();
}

void Image::check_memory(const PlatformConfig& config) const {
  const std::string source = workload_.folder.string();
  if (end_ - kDramBase > config.dram.bytes) {
    throw bad_value(source, "dram.bytes", fmt::format("{}", config.dram.bytes),
                    fmt::format("at least {} for this workload", end_ - kDramBase));
  }
  for (const Batch& batch : batches_) {
    for (std::uint32_t layer = 0; layer < layers(); ++layer) {
      const std::uint64_t minimum = minimum_sram_bytes(work(batch, layer), config.esact);
      if (minimum <= config.esact.sram.bytes) continue;
      throw bad_value(source, "sram.bytes", fmt::format("{}", config.esact.sram.bytes),
                      fmt::format("at least {} for layer {} on {} tokens", minimum, layer, batch.tokens));
    }
  }
}

LayerWork Image::work(const Batch& batch, std::uint32_t layer) const {
  LayerWork work;
  work.shape = layer_shape(workload_.model, layer);
  work.spls = workload_.spls[layer].knobs();
  for (std::uint32_t sequence : batch.sequences) work.sequences.push_back(workload_.sequences[sequence]);
  return work;
}

Descriptor describe(const LayerWork& work) {
  Descriptor descriptor;
  const auto set = [&](bool on, std::uint16_t mask) {
    if (on) descriptor.flags |= mask;
  };
  set(work.shape.causal, descriptor_flags::kCausal);
  set(work.shape.pre_ln, descriptor_flags::kPreLn);
  set(work.shape.final_norm, descriptor_flags::kFinalNorm);
  set(work.spls.enabled, descriptor_flags::kSplsEnabled);
  descriptor.sequences = static_cast<std::uint16_t>(work.sequences.size());
  descriptor.tokens = work.tokens();
  descriptor.width = static_cast<std::uint16_t>(work.shape.width);
  descriptor.heads = static_cast<std::uint16_t>(work.shape.heads);
  descriptor.head_width = static_cast<std::uint16_t>(work.shape.head_width);
  descriptor.ffn_width = static_cast<std::uint16_t>(work.shape.ffn_width);
  descriptor.k_q8 = work.spls.k_q8;
  descriptor.s_q8 = work.spls.s_q8;
  descriptor.f_q8 = work.spls.f_q8;
  descriptor.window = work.spls.window;
  descriptor.quantizer = static_cast<std::uint8_t>(work.spls.quantizer);
  descriptor.offset = work.spls.offset_kth;
  descriptor.metric = work.spls.hamming;
  descriptor.parameters_bytes = ParameterLayout(work.shape).bytes();
  return descriptor;
}

Descriptor Image::place(const Batch& batch, std::uint32_t layer) const {
  Descriptor descriptor = describe(work(batch, layer));
  descriptor.layer = static_cast<std::uint16_t>(layer);
  descriptor.sequence_table = batch.sequence_table;
  descriptor.input_h = batch.h[layer % 2];
  descriptor.output_h = batch.h[(layer + 1) % 2];
  descriptor.parameters = parameters_[layer];
  descriptor.scratch = scratch_;
  descriptor.scratch_bytes = scratch_bytes_;
  return descriptor;
}

void Image::load(Machine& machine) const {
  load([&](std::uint64_t address, const void* data, std::uint64_t bytes) {
    machine.debug(tlm::TLM_WRITE_COMMAND, address, const_cast<void*>(data), bytes);
  });
}

void Image::load(const Writer& write) const {
  for (std::uint32_t layer = 0; layer < layers(); ++layer) {
    const std::vector<std::uint8_t> block =
        pack_parameters(layer_shape(workload_.model, layer), workload_.layer(layer));
    write(parameters_[layer], block.data(), block.size());
  }
  for (const Batch& batch : batches_) {
    const std::vector<std::uint32_t> table = work(batch, 0).sequences;
    write(batch.sequence_table, table.data(), table.size() * sizeof(std::uint32_t));
    std::uint64_t address = batch.h[0];
    for (std::uint32_t sequence : batch.sequences) {
      const TensorView<std::int32_t> h = workload_.input(sequence);
      write(address, h.bytes(), h.size() * sizeof(std::int32_t));
      address += h.size() * sizeof(std::int32_t);
    }
  }
}

std::vector<std::int32_t> Image::output(Machine& machine, const Batch& batch, std::size_t position) const {
  const std::uint64_t width = workload_.model.width;
  std::uint64_t first_token = 0;
  for (std::size_t i = 0; i < position; ++i) first_token += workload_.sequences[batch.sequences[i]];
  std::vector<std::int32_t> h(workload_.sequences[batch.sequences[position]] * width);
  machine.debug(tlm::TLM_READ_COMMAND, batch.h[layers() % 2] + first_token * width * sizeof(std::int32_t), h.data(),
                h.size() * sizeof(std::int32_t));
  return h;
}

}  // namespace esact::platform
