#include "platforms/esact_vp/run_recorder.h"

#include <cmath>

#include "kernels/counts.h"

namespace esact::platform {

RunRecorder::RunRecorder(Machine& machine, const Image& image, std::function<void(std::size_t)> on_completion)
    : machine_(machine), image_(image), on_completion_(std::move(on_completion)), layers_(image.layers()) {
  machine_.esact.completions().bind(*this);
  machine_.esact.doorbells().bind(*this);
}

void RunRecorder::write(const sc_core::sc_time&) {
  if (started_) return;
  started_ = true;
  start_ = last_ = take();
}

void RunRecorder::write(const Completion& completion) {
  if (completion.descriptor.status != static_cast<std::uint32_t>(DescriptorStatus::kDone)) return;
  const Snapshot now = take();
  const std::uint32_t layer_index = static_cast<std::uint32_t>(completed_ % image_.layers());
  const Batch& batch = image_.batches()[completed_ / image_.layers()];
  const LayerWork work = image_.work(batch, layer_index);
  const std::uint64_t cycles = now.cycle - last_.cycle;

  LayerRecord& layer = layers_[layer_index];
  layer.index = layer_index;
  layer.tokens += batch.tokens;
  layer.cycles += cycles;
  EventCounts counts = now.counts;
  counts -= last_.counts;
  layer.counts += counts;
  for (std::uint32_t tokens : work.sequences) {
    const auto dense = kernels::dense_macs(tokens, work.shape.width, work.shape.ffn_width, work.shape.causal);
    for (std::size_t operation = 0; operation < kOperations; ++operation)
      layer.dense_macs[operation] += dense[operation];
  }
  layer.quantizer = work.spls.quantizer;
  const std::vector<BlockRecord> blocks = difference(last_, now);
  if (layer.blocks.empty()) {
    layer.blocks = blocks;
  } else {
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      layer.blocks[block].cycles += blocks[block].cycles;
      for (std::size_t state = 0; state < kUnitStates; ++state) {
        layer.blocks[block].states[state] += blocks[block].states[state];
      }
    }
  }
  if (layer_index == 0) {
    batches_.emplace_back();
    batches_.back().sequences = batch.sequences;
    batches_.back().tokens = batch.tokens;
  }
  batches_.back().layer_cycles.push_back(cycles);
  last_ = now;
  ++completed_;
  on_completion_(completed_);
}

void RunRecorder::fill(Report& report) const {
  report.complete = completed_ == image_.descriptors().size();
  report.layers = layers_;
  if (completed_ < layers_.size()) report.layers.resize(completed_);
  report.batches = batches_;
  report.blocks = difference(start_, last_);
  const PagePoolStatistics pages = machine_.esact.pages();
  report.sram.bytes = machine_.esact.config().sram.bytes;
  report.sram.high_water_bytes = pages.high_water_pages * kPageBytes;
  report.sram.failed_allocations = pages.failed_allocations;
  report.sram.fragmentation_at_failure = pages.worst_fragmentation_at_failure;
  report.dram.read_bytes = last_.dram.read_bytes - start_.dram.read_bytes;
  report.dram.write_bytes = last_.dram.write_bytes - start_.dram.write_bytes;
  if (last_.dram.row_hits) {
    report.dram.rows = {*last_.dram.row_hits - *start_.dram.row_hits, *last_.dram.row_misses - *start_.dram.row_misses,
                        *last_.dram.row_conflicts - *start_.dram.row_conflicts,
                        *last_.dram.refreshes - *start_.dram.refreshes};
  }
}

RunRecorder::Snapshot RunRecorder::take() const {
  Snapshot snapshot;
  const Clock core(machine_.esact.config().clock_ps);
  snapshot.cycle = core.cycle(sc_core::sc_time_stamp());
  snapshot.counts = machine_.esact.counts();
  for (const BlockStatus& block : machine_.esact.blocks()) {
    snapshot.blocks.push_back({block.name, block.units, block.clock_ps, snapshot.cycle, block.cycles});
  }
  const Ledger& dram = machine_.dram().ledger();
  const Clock& clock = dram.clock();
  snapshot.blocks.push_back(
      {"dram", dram.units(),
       static_cast<std::uint32_t>(std::lround(clock.period() / sc_core::sc_time(1, sc_core::SC_PS))),
       clock.cycle(sc_core::sc_time_stamp()), dram.totals()});
  snapshot.dram = machine_.dram().statistics();
  return snapshot;
}

std::vector<BlockRecord> RunRecorder::difference(const Snapshot& from, const Snapshot& to) const {
  std::vector<BlockRecord> blocks = to.blocks;
  for (std::size_t block = 0; block < from.blocks.size(); ++block) {
    blocks[block].cycles -= from.blocks[block].cycles;
    for (std::size_t state = 0; state < kUnitStates; ++state) {
      blocks[block].states[state] -= from.blocks[block].states[state];
    }
  }
  return blocks;
}

}  // namespace esact::platform
