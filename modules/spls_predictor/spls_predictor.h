#pragma once

#include <cstdint>
#include <optional>
#include <systemc>
#include <vector>

#include "common/clock.h"
#include "common/commands.h"
#include "common/ledger.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "esact_interface/tensor_tap.h"
#include "spls_predictor/prediction.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Sparsity prediction with local similarity (docs/spls.md, docs/spls_predictor.md), in two stages joined by a buffer
/// of one window: `predict` makes a head's K^, then Q^ and PAM rows of window after window; `select` chooses columns
/// and critical rows, writes them to SRAM and sends a window record to the engine. A vote for the FFN roots goes
/// through the same queue to the second stage, behind the predictions that were asked for before it.
class SplsPredictor : public sc_core::sc_module {
 public:
  SplsPredictor(sc_core::sc_module_name name, const PredictorConfig& config, const TlmConfig& tlm, const Clock& clock);

  CommandQueue<PredictorCommand> command;  ///< heads to predict and votes, in order
  InitiatorPort operands;                  ///< to the quantizer: x and weights as codes
  InitiatorPort memory;                    ///< to the SRAM: biases; masks, representatives, roots and results
  InitiatorPort dma;                       ///< rows of x where it is streamed
  InitiatorPort windows;                   ///< to the engine: one WindowRecord per window
  TensorPort tensors;                      ///< q_hat k_hat pam mask representative needed_columns ffn_root

  /// Units: `predict` and `select`.
  const Ledger& ledger() const { return ledger_; }
  /// `predictor_products`, `hlog_conversions` (of Q^ and K^), `topk_compares`, `similarity_adds`.
  const EventCounts& counts() const { return counts_; }

 private:
  using Job = CommandQueue<PredictorCommand>::Command;
  enum Unit : std::size_t { kPredictUnit, kSelectUnit, kUnits };

  /// What `predict` keeps of a head while its windows pass.
  struct Head {
    prediction::Levels query_weights;
    std::vector<std::int32_t> query_bias;
    prediction::Levels keys;
    bool failed = false;  ///< the system has answered with an error
  };
  /// What `predict` hands to `select`: PAM rows of a window from `first_row` on, or a vote without rows.
  struct Window {
    Job* job;
    std::uint32_t first_row;
    std::vector<std::int32_t> pam;
    bool failed;  ///< of the head so far
  };
  /// What `select` gathers of a head over its windows.
  struct Selected {
    std::vector<WindowRecord> records;  ///< not yet sent
    std::vector<std::uint8_t> needed_columns;
    std::uint32_t critical_rows = 0;
  };

  void predict();
  Head predict_keys(const PredictorCommand& request);
  std::vector<std::int32_t> predict_window(const PredictorCommand& request, Head& head, std::uint32_t first_row);
  void hand_over(Window window);

  void select();
  void select_window(const Window& window);
  void note_window(const PredictorCommand& request, std::uint32_t first_row, const prediction::Selection& selection);
  void send_records();
  void finish_head(const Window& window);
  void vote(Job* job);
  void complete(Job* job, tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE);

  prediction::Levels read_x(const PredictorCommand& request, Head& head, std::uint32_t first_row, std::uint32_t rows);
  prediction::Levels read_levels(const PredictorCommand& request, std::uint64_t address, std::size_t count);
  std::vector<std::int32_t> read_bias(const PredictorCommand& request, std::uint64_t address);
  static UnitState waits_for(const PredictorCommand& request);
  void finish_step(Unit unit, const sc_core::sc_time& start, std::uint64_t cycles,
                   UnitState waiting = UnitState::kSram);
  void count_conversions(const PredictorCommand& request, std::size_t count);
  void publish(const PredictorCommand& request, const char* tensor, ElementType type, std::uint32_t first_row,
               std::uint32_t rows, std::uint32_t columns, const void* data);
  void publish_selection(const PredictorCommand& request, std::uint32_t first_row,
                         const prediction::Selection& selection);
  void publish_roots(const PredictorCommand& request, const std::vector<std::uint8_t>& root);

  PredictorConfig config_;
  Clock clock_;
  Ledger ledger_;
  EventCounts counts_;
  std::size_t jobs_ = 0;  ///< taken and not completed
  std::optional<Window> buffer_;
  sc_core::sc_event buffer_filled_;
  sc_core::sc_event buffer_freed_;
  Selected selected_;
};

}  // namespace esact
