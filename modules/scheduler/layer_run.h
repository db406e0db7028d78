#pragma once

#include <deque>
#include <memory>

#include "esact_interface/tensor_tap.h"
#include "scheduler/plan.h"
#include "scheduler/sram_space.h"
#include "scheduler/task_group.h"

namespace esact {

class WeightStream;

/// What a layer run needs of the accelerator: the scheduler's sockets by the block they lead to.
struct LayerPorts {
  SramSpace& space;
  InitiatorPort& memory;
  InitiatorPort& dma;
  InitiatorPort& spls_predictor;
  InitiatorPort& sparse_attention_engine;
  InitiatorPort& windows;
  InitiatorPort& ffn_array;
  InitiatorPort& vector_unit;
  TensorPort& tensors;
};

/// One layer over one batch, from h in DRAM to h in DRAM: x of all tokens, then head by head prediction and attention,
/// then row block by row block everything after. Knows heads and row blocks; windows are the predictor's business.
/// Lives while its descriptor runs; `run` throws LayerError when everything it started has ended.
class LayerRun {
 public:
  LayerRun(const LayerPorts& ports, const EsactConfig& config, const Descriptor& descriptor, LayerWork work,
           LayerPlan plan);

  /// Runs the layer in the calling thread and in tasks that it starts and waits for.
  void run();

 private:
  struct HeadWeights;
  struct Job;
  struct Block;

  // layer_run.cpp
  void load(std::uint64_t system_address, std::uint64_t sram_address, std::uint64_t bytes);
  void store(std::uint64_t sram_address, std::uint64_t system_address, std::uint64_t bytes);
  void move(DmaDirection direction, std::uint64_t system_address, std::uint64_t sram_address, std::uint64_t bytes);
  void vector(const VectorCommand& command);
  void for_row_groups(std::uint32_t first, std::uint32_t rows,
                      const std::function<void(std::uint32_t lane, std::uint32_t first, std::uint32_t rows)>& body);
  void quantise_inputs();
  void publish_own_roots();
  WorkId work_id(std::uint32_t sequence = 0, std::uint32_t head = 0, std::uint32_t window = 0) const;
  std::uint64_t constant(std::uint64_t offset) const { return constants_.address() + offset; }
  std::uint64_t block_constant(std::uint64_t offset) const {
    return constants_.address() + offset - layout_.block_constants().offset;
  }

  // attention_phase.cpp
  void attend_heads();
  SramBuffer weight_buffer(std::uint64_t bytes);
  std::shared_ptr<Job> admit(std::uint32_t head, std::uint32_t sequence, const std::shared_ptr<HeadWeights>& weights);
  void run_job(Job& job);
  void predict(Job& job);
  void send_dense_windows(const Job& job);
  AttendCommand attend_command(const Job& job) const;
  PredictorCommand predict_command(const Job& job) const;
  void vote();
  bool decide_reuse() const;

  // row_blocks.cpp
  void run_row_blocks();
  void run_block(Block& block, WeightStream& weights);
  void prepare_rows(Block& block);
  void project_output(Block& block, WeightStream& weights);
  void add_attention(Block& block);
  void run_ffn(Block& block, WeightStream& weights);
  void add_increments(Block& block);
  FfnCommand ffn_command(const Block& block, FfnKind kind) const;

  LayerPorts ports_;
  const EsactConfig& config_;
  const Descriptor& descriptor_;
  LayerWork work_;
  LayerPlan plan_;
  ParameterLayout layout_;
  LayerScalars scalars_;
  std::vector<std::uint8_t> predictor_shifts_;  ///< q_shift[H], k_shift[H]
  std::vector<std::uint32_t> first_tokens_;     ///< of each sequence
  SramBuffer constants_;
  SramBuffer representatives_;          ///< uint8 [H][tokens]
  SramBuffer roots_;                    ///< uint8 [tokens]
  SramBuffer results_;                  ///< PredictionResult [H][sequences]
  std::vector<SramBuffer> row_groups_;  ///< kVectorLanes x int32 [kVectorRows, D]
  SramBuffer x_;
  SramBuffer z_;
  SramBuffer engine_scratch_;
  std::vector<std::uint64_t> critical_rows_;  ///< per head, summed over the sequences
  std::deque<std::uint16_t> free_slots_;      ///< of the engine's job table
  sc_core::sc_event slot_freed_;
  std::uint32_t live_weight_sets_ = 0;
  std::vector<SramBuffer> weight_places_;  ///< contiguous SRAM: those that no head has
  sc_core::sc_event weights_freed_;
  bool reuse_ = false;
};

}  // namespace esact
