#pragma once

#include <memory>

#include "scheduler/input_phase.h"
#include "scheduler/layer_context.h"

namespace esact {

/// From h to z: x of all tokens, and head by head prediction and attention, sequences inside; then, where SPLS is on,
/// the FFN roots. Knows heads; windows are the predictor's business. A head of a sequence is admitted, in order, when
/// its buffers are there.
class AttentionPhase {
 public:
  explicit AttentionPhase(LayerContext& layer);

  /// Runs the phase in the calling thread and in tasks that it waits for; throws LayerError.
  void run();

 private:
  struct HeadWeights;
  struct Job;

  std::uint64_t constant(std::uint64_t offset) const { return constants_.address() + offset; }
  std::uint64_t x_system(const Job& job) const;
  bool contiguous() const { return layer_.config.sram.allocation == SramAllocation::kContiguous; }
  void attend_heads();
  SramBuffer weight_buffer(std::uint64_t bytes);
  std::shared_ptr<Job> admit(std::uint32_t head, std::uint32_t sequence, const std::shared_ptr<HeadWeights>& weights);
  void run_job(Job& job);
  void prepare(Job& job);
  void predict(Job& job);
  void send_dense_windows(const Job& job);
  AttendCommand attend_command(const Job& job) const;
  PredictorCommand predict_command(const Job& job) const;
  void vote();
  void publish_own_roots() const;

  LayerContext& layer_;
  SramBuffer constants_;
  SramBuffer x_;  ///< of the batch, where it is resident
  SramBuffer engine_scratch_;
  SramBuffer predictor_rows_;
  InputPhase* inputs_ = nullptr;                ///< while the phase runs
  std::vector<std::uint8_t> predictor_shifts_;  ///< q_shift[H], k_shift[H]
  std::deque<std::uint16_t> free_slots_;        ///< of the engine's job table
  sc_core::sc_event slot_freed_;
  std::uint32_t live_weight_sets_ = 0;
  std::vector<SramBuffer> weight_places_;  ///< contiguous SRAM: those that no head has
  sc_core::sc_event weights_freed_;
};

}  // namespace esact
