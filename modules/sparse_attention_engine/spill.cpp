#include <algorithm>

#include "sparse_attention_engine/head.h"

/// What the engine does where the SRAM is too small for x, or for the keys and values of a head: rows of x come from
/// DRAM item by item, keys and values go there and come back in blocks of kSpilledKeys.
namespace esact {

/// After an error the head goes on with what the buffers hold, and says so when it completes.
void SparseAttentionEngine::move(std::size_t worker, Head& head, DmaDirection direction, std::uint64_t system_address,
                                 std::uint64_t sram_address, std::uint64_t bytes) {
  ledger_.enter(unit(worker), UnitState::kDram);
  const DmaCommand command{direction, 0, system_address, sram_address, bytes};
  if (dma.try_send(command) != tlm::TLM_OK_RESPONSE) head.failed = true;
  ledger_.enter(unit(worker), UnitState::kBusy);
}

/// Rows of x, one after another at `address`; a transfer per run of consecutive rows.
void SparseAttentionEngine::stream_rows(std::size_t worker, Head& head, const std::vector<std::uint16_t>& rows,
                                        std::uint64_t address) {
  const std::uint64_t width = head.command.width;
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t last = first + 1;
    while (last < rows.size() && rows[last] == rows[last - 1] + 1) ++last;
    move(worker, head, DmaDirection::kToSram, head.command.x_system + rows[first] * width, address + first * width,
         (last - first) * width);
    counts_.streamed_bytes += (last - first) * width;
    first = last;
  }
}

/// One product per block of keys that some row needs; the lists name keys in ascending order.
void SparseAttentionEngine::multiply_spilled_keys(std::size_t worker, Head& head, const KeyLists& lists,
                                                  MatrixCommand product) {
  const AttendCommand& command = head.command;
  const std::uint64_t base = worker_scratch(worker, command), width = command.head_width;
  const EngineScratch scratch = scratch_of(command);
  const std::uint64_t source = product.kind == MatrixKind::kScore ? command.keys_system : command.values_system;
  std::vector<std::uint32_t> next(lists.row_pointers.begin(), lists.row_pointers.end() - 1);
  for (std::uint32_t first_key = 0; first_key < head.keys; first_key += kSpilledKeys) {
    const std::uint32_t keys = std::min(kSpilledKeys, head.keys - first_key);
    const std::vector<std::uint32_t> first_entries = next;
    KeyLists block;
    for (std::size_t row = 0; row < next.size(); ++row) {
      while (next[row] < lists.row_pointers[row + 1] && lists.keys[next[row]] < first_key + keys) {
        block.keys.push_back(static_cast<std::uint16_t>(lists.keys[next[row]++] - first_key));
      }
      block.row_pointers.push_back(block.entries());
    }
    if (block.entries() == 0) continue;
    move(worker, head, DmaDirection::kToSram, source + first_key * width, base + scratch.block, keys * width);
    counts_.spilled_bytes += keys * width;
    ledger_.enter(unit(worker), UnitState::kSram);
    product.first_entries = base + scratch.block_lists;
    product.lists = product.first_entries + first_entries.size() * sizeof(std::uint32_t);
    memory.write(product.first_entries, first_entries.data(), first_entries.size() * sizeof(std::uint32_t));
    write_lists(block, product.lists);
    product.keys = keys;
    product.b = {base + scratch.block, 0, command.head_width, command.head_width};
    run(worker, tasks, product);
    if (product.kind == MatrixKind::kContext) product.accumulate = 1;
  }
}

}  // namespace esact
