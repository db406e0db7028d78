#pragma once

#include <deque>

#include "scheduler/layer_context.h"
#include "scheduler/row_groups.h"

namespace esact {

/// Makes x of every token from h: quantised (post-LN) or layer-normed (pre-LN), into SRAM or, where it does not stay
/// there, to DRAM. Runs beside the attention phase, which may begin with a sequence as soon as its x is there.
class InputPhase {
 public:
  /// `constants`: SRAM address of the attention phase's constants; `x`: SRAM address of x of the batch, kNoAddress
  /// where it is not resident. Starts at once.
  InputPhase(const LayerContext& layer, std::uint64_t constants, std::uint64_t x);

  /// Makes the calling thread wait until x of a sequence is complete; throws LayerError.
  void wait_for(std::uint32_t sequence) { ready_[sequence].wait(); }

  /// Makes the calling thread wait until nothing of the phase runs; throws LayerError.
  void finish() { tasks_.wait(); }

 private:
  void run(const RowGroups& groups);
  void make_x(const RowGroups::Group& group) const;

  const LayerContext& layer_;
  const std::uint64_t constants_;
  const std::uint64_t x_;
  std::deque<Latch> ready_;              ///< per sequence
  std::vector<std::uint32_t> sequence_;  ///< of each token
  TaskGroup tasks_;
};

}  // namespace esact
