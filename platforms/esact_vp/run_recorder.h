#pragma once

#include <functional>
#include <vector>

#include "platforms/common/report.h"
#include "platforms/esact_vp/image.h"
#include "platforms/esact_vp/machine.h"

namespace esact::platform {

/// Writes down what happens between the first doorbell and the last completion, by difference of the machine's counters
/// at these instants.
class RunRecorder : public tlm::tlm_analysis_if<Completion>, public tlm::tlm_analysis_if<sc_core::sc_time> {
 public:
  /// `on_completion(done)` is called after each of the image's descriptors. Machine and image must outlive the
  /// recorder.
  RunRecorder(Machine& machine, const Image& image, std::function<void(std::size_t)> on_completion);

  void write(const Completion& completion) override;
  void write(const sc_core::sc_time& doorbell) override;

  std::size_t completed() const { return completed_; }

  /// Puts layers, batches, blocks and memory into `report`; `complete` if every descriptor has completed.
  void fill(Report& report) const;

 private:
  /// Counters of the machine at one instant.
  struct Snapshot {
    std::uint64_t cycle = 0;  ///< of the core clock
    EventCounts counts;
    std::vector<BlockRecord> blocks;  ///< since time 0
    DramStatistics dram;
  };

  Snapshot take() const;
  std::vector<BlockRecord> difference(const Snapshot& from, const Snapshot& to) const;

  Machine& machine_;
  const Image& image_;
  std::function<void(std::size_t)> on_completion_;
  bool started_ = false;
  std::size_t completed_ = 0;
  Snapshot start_;
  Snapshot last_;
  std::vector<LayerRecord> layers_;
  std::vector<BatchRecord> batches_;
};

}  // namespace esact::platform
