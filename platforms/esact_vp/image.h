#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "esact_interface/descriptor.h"
#include "platforms/common/configuration.h"
#include "platforms/common/workload.h"
#include "platforms/esact_vp/machine.h"
#include "scheduler/plan.h"

namespace esact::platform {

/// Sequences that run together.
struct Batch {
  std::vector<std::uint32_t> sequences;  ///< indices in the workload
  std::uint32_t tokens = 0;
  std::uint64_t sequence_table = 0;  ///< addresses in DRAM
  std::uint64_t h[2] = {0, 0};       ///< input and output change places from layer to layer
};

/// A workload as it lies in DRAM, and the descriptors that run it: batch after batch, layer after layer.
class Image {
 public:
  /// Lays out `workload` in batches of up to `batch_size` sequences. UserError if it fits neither the DRAM nor, at its
  /// minimum, the SRAM.
  Image(const Workload& workload, const PlatformConfig& config, std::uint32_t batch_size);

  /// Takes `bytes` bytes for DRAM.
  using Writer = std::function<void(std::uint64_t address, const void* data, std::uint64_t bytes)>;

  /// Writes parameters, sequence tables and inputs.
  void load(const Writer& write) const;
  /// The same into the machine's DRAM.
  void load(Machine& machine) const;

  /// Reads h of a batch's sequence after the last layer: int32 [tokens, width].
  std::vector<std::int32_t> output(Machine& machine, const Batch& batch, std::size_t position) const;

  std::uint64_t ring_base() const { return ring_base_; }
  /// Address behind what `load` writes and behind all outputs; only scratch memory lies there.
  std::uint64_t data_end() const { return scratch_; }
  std::uint32_t ring_entries() const { return kRingEntries; }
  const std::vector<Batch>& batches() const { return batches_; }
  std::uint32_t layers() const { return workload_.model.layers; }
  const Workload& workload() const { return workload_; }
  /// Descriptors in the order of execution: of batch index / layers() and layer index % layers().
  const std::vector<Descriptor>& descriptors() const { return descriptors_; }
  /// The work of one descriptor.
  LayerWork work(const Batch& batch, std::uint32_t layer) const;

 private:
  static constexpr std::uint32_t kRingEntries = 64;

  void place();
  void check_memory(const PlatformConfig& config) const;
  Descriptor place(const Batch& batch, std::uint32_t layer) const;

  const Workload& workload_;
  std::vector<Batch> batches_;
  std::vector<Descriptor> descriptors_;
  std::uint64_t ring_base_ = 0;
  std::vector<std::uint64_t> parameters_;  ///< address of each layer's block
  std::uint64_t scratch_ = 0;
  std::uint64_t scratch_bytes_ = 0;
  std::uint64_t end_ = 0;
};

/// Shape of a model's layer as the accelerator sees it.
LayerShape layer_shape(const ModelShape& model, std::uint32_t layer);

/// A descriptor of `work` without addresses.
Descriptor describe(const LayerWork& work);

/// A layer's parameters in the layout of ParameterLayout.
std::vector<std::uint8_t> pack_parameters(const LayerShape& shape, const LayerParameters& parameters);

}  // namespace esact::platform
