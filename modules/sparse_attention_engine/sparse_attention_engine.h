#pragma once

#include <deque>
#include <memory>
#include <systemc>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/commands.h"
#include "common/ledger.h"
#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "esact_interface/tensor_tap.h"
#include "sparse_attention_engine/scratch.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Turns window records into generation of Q rows and of the K and V rows that are needed for the first time, scores,
/// softmax and context [paper: QKV generation and attention]. Each record is split into work items that the workers
/// take in order: up to kGenerateColumns columns to generate, or up to kAttendRows critical rows to attend. A dense
/// head is a head whose records name every row and that has no mask: one path for both.
class SparseAttentionEngine : public sc_core::sc_module {
 public:
  SparseAttentionEngine(sc_core::sc_module_name name, const EngineConfig& config, std::uint32_t heads_in_flight,
                        const TlmConfig& tlm, const Clock& clock);
  ~SparseAttentionEngine() override;

  CommandQueue<AttendCommand> command;  ///< heads, from the scheduler
  CommandQueue<WindowRecord> windows;   ///< from the predictor, or from the scheduler for dense heads
  InitiatorPort memory;                 ///< masks in; lists and copies of similar rows out
  InitiatorPort dma;                    ///< rows of x where it is streamed; keys and values where they are spilled
  InitiatorPort tasks;                  ///< to mac_array
  InitiatorPort vector;                 ///< to vector_unit
  TensorPort tensors;                   ///< q k v score weight, and mask representative needed_columns of dense heads

  /// Units: the record stage, then the workers. `array`: waiting for mac_array or vector_unit; `barrier`: for keys and
  /// values that other workers generate; `queue_full`: the record stage has work that no worker takes.
  const Ledger& ledger() const { return ledger_; }
  const EventCounts& counts() const { return counts_; }

 private:
  struct Head;
  struct Window;

  /// K and V of some columns, which become the rows first_key.. of the key and value buffers.
  struct Generate {
    std::shared_ptr<Head> head;
    std::vector<std::uint16_t> columns;
    std::uint32_t first_key = 0;
    std::uint32_t index = 0;  ///< among the head's generations
  };
  /// Some critical rows of a window, ascending, with the columns that each keeps.
  struct Attend {
    std::shared_ptr<Head> head;
    std::shared_ptr<Window> window;
    std::vector<std::uint16_t> rows;
    std::vector<std::vector<std::uint16_t>> columns;
    std::uint32_t generations = 0;  ///< of the head that must have ended before its scores
  };
  using Item = std::variant<Generate, Attend>;
  /// The keys that each of some rows keeps, by their rows in the key buffer.
  struct KeyLists {
    std::vector<std::uint32_t> row_pointers{0};
    std::vector<std::uint16_t> keys;

    std::uint32_t entries() const { return static_cast<std::uint32_t>(keys.size()); }
  };
  /// Rows of x times weights of a head, requantised.
  struct Projection {
    MatrixKind kind;
    WorkId work;
    PanelMatrix weights;
    std::uint64_t bias;
    ScaleParameters scale;
    PanelMatrix out;
  };

  void accept_heads();
  void accept_records();
  void split_records();
  void work(std::size_t worker);

  void split(const WindowRecord& record, const std::shared_ptr<Head>& head);
  std::vector<std::vector<std::uint16_t>> kept_columns(const Head& head, const WindowRecord& record,
                                                       const std::vector<std::uint16_t>& rows);
  void push(Item item, std::uint32_t workers);
  void generate(std::size_t worker, const Generate& item);
  void attend(std::size_t worker, const Attend& item);
  void project(std::size_t worker, Head& owner, const std::vector<std::uint16_t>& rows, const Projection& projection);
  void multiply_keys(std::size_t worker, Head& owner, const KeyLists& lists, MatrixCommand product);
  static KeyLists key_lists(const Attend& item);
  void write_lists(const KeyLists& lists, std::uint64_t address);
  void softmax(std::size_t worker, const Attend& item, const KeyLists& lists);
  void finish_rows(std::size_t worker, const Attend& item);
  void copy_similar_rows(const Head& head, const Window& window);
  void finish_window(const Attend& item);

  template <class Record>
  void run(std::size_t worker, InitiatorPort& port, const Record& record);
  std::size_t unit(std::size_t worker) const { return worker + 1; }
  static EngineScratch scratch_of(const AttendCommand& head);
  static std::uint64_t worker_scratch(std::size_t worker, const AttendCommand& head) {
    return head.scratch + worker * head.scratch_stride;
  }

  // spill.cpp
  void move(std::size_t worker, Head& head, DmaDirection direction, std::uint64_t system_address,
            std::uint64_t sram_address, std::uint64_t bytes);
  void stream_rows(std::size_t worker, Head& head, const std::vector<std::uint16_t>& rows, std::uint64_t address);
  void multiply_spilled_keys(std::size_t worker, Head& head, const KeyLists& lists, MatrixCommand product);

  // publish.cpp
  void publish_rows(const Head& head, const char* tensor, const std::vector<std::uint16_t>& rows, const void* data);
  void publish_queries(const Attend& item, std::uint64_t address);
  void publish_attention(const Attend& item, const KeyLists& lists, std::uint64_t base);
  void publish_keys(const Generate& item, const PanelMatrix& out);
  void publish_dense_selection(const Head& head);

  EngineConfig config_;
  Ledger ledger_;
  EventCounts counts_;
  std::vector<std::shared_ptr<Head>> heads_;  ///< by slot
  std::deque<WindowRecord> records_;
  std::deque<Item> items_;
  std::uint32_t active_workers_ = 0;  ///< workers that have scratch in the present layer
  sc_core::sc_event head_accepted_;
  sc_core::sc_event record_ready_;
  sc_core::sc_event record_taken_;
  sc_core::sc_event item_ready_;
  sc_core::sc_event item_taken_;
};

}  // namespace esact
