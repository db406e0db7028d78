#pragma once

#include "sparse_attention_engine/sparse_attention_engine.h"

namespace esact {

/// One head of one sequence in work.
struct SparseAttentionEngine::Head {
  static constexpr std::uint16_t kNoKey = 0xffff;

  explicit Head(CommandQueue<AttendCommand>::Command* accepted)
      : pending(accepted), command(accepted->record), key_of_column(command.tokens, kNoKey) {}

  CommandQueue<AttendCommand>::Command* pending;  ///< completed with the last window
  const AttendCommand command;
  std::vector<std::uint16_t> key_of_column;  ///< row of the key buffer, in the order of generation
  std::uint32_t keys = 0;                    ///< rows of the key buffer that are taken
  std::uint32_t generations_issued = 0;
  std::vector<bool> generation_done;
  std::uint32_t windows_done = 0;
  bool failed = false;  ///< the system has answered with an error
  sc_core::sc_event progress;

  bool dense() const { return command.mask == kNoAddress; }
  bool streamed() const { return command.x_system != kNoAddress; }
  bool spilled() const { return command.keys_system != kNoAddress; }
  std::uint32_t valid_columns(std::uint32_t row) const { return command.causal ? row + 1 : command.tokens; }

  /// True once the first `count` generations have ended.
  bool generated(std::uint32_t count) const {
    for (std::uint32_t index = 0; index < count; ++index) {
      if (!generation_done[index]) return false;
    }
    return true;
  }
};

/// A window whose rows are being attended.
struct SparseAttentionEngine::Window {
  WindowRecord record;
  std::uint32_t items = 0;  ///< Attend items not yet done
};

template <class Record>
void SparseAttentionEngine::run(std::size_t worker, InitiatorPort& port, const Record& record) {
  ledger_.enter(unit(worker), UnitState::kArray);
  port.send(record);
  ledger_.enter(unit(worker), UnitState::kBusy);
}

}  // namespace esact
