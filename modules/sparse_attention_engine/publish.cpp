#include <numeric>

#include "sparse_attention_engine/head.h"

/// What the engine publishes on its tensor tap: read back over the debug interface, and so without time.
namespace esact {

void SparseAttentionEngine::publish_rows(const Head& head, const char* tensor, const std::vector<std::uint16_t>& rows,
                                         const void* data) {
  TensorRows published;
  published.tensor = tensor;
  published.layer = head.command.work.layer;
  published.head = head.command.work.head;
  for (std::uint16_t row : rows) published.tokens.push_back(head.command.first_token + row);
  published.columns = head.command.head_width;
  published.data = data;
  tensors.write(published);
}

void SparseAttentionEngine::publish_queries(const Attend& item, std::uint64_t address) {
  std::vector<std::int8_t> queries(item.rows.size() * item.head->command.head_width);
  memory.debug_read(address, queries.data(), queries.size());
  publish_rows(*item.head, "q", item.rows, queries.data());
}

void SparseAttentionEngine::publish_keys(const Generate& item, const PanelMatrix& out) {
  std::vector<std::int8_t> rows(item.columns.size() * item.head->command.head_width);
  memory.debug_read(out.address, rows.data(), rows.size());
  publish_rows(*item.head, "k", item.columns, rows.data());
  memory.debug_read(out.address + out.panel_stride, rows.data(), rows.size());
  publish_rows(*item.head, "v", item.columns, rows.data());
}

void SparseAttentionEngine::publish_attention(const Attend& item, const KeyLists& lists, std::uint64_t base) {
  const AttendCommand& head = item.head->command;
  const EngineScratch scratch = scratch_of(head);
  std::vector<std::uint16_t> column_of_key(head.tokens);
  for (std::uint16_t column = 0; column < head.tokens; ++column) {
    const std::uint16_t key = item.head->key_of_column[column];
    if (key != Head::kNoKey) column_of_key[key] = column;
  }
  TensorRows published;
  published.layer = head.work.layer;
  published.head = head.work.head;
  published.columns = head.tokens;
  for (std::size_t row = 0; row < item.rows.size(); ++row) {
    const std::uint32_t first = lists.row_pointers[row], count = lists.row_pointers[row + 1] - first;
    std::vector<std::int32_t> kept_scores(count), scores(head.tokens);
    std::vector<std::uint8_t> kept_weights(count), weights(head.tokens);
    memory.debug_read(base + scratch.scores + first * sizeof(std::int32_t), kept_scores.data(),
                      count * sizeof(std::int32_t));
    memory.debug_read(base + scratch.weights + first, kept_weights.data(), count);
    for (std::uint32_t index = 0; index < count; ++index) {
      const std::uint16_t column = column_of_key[lists.keys[first + index]];
      scores[column] = kept_scores[index];
      weights[column] = kept_weights[index];
    }
    published.tokens = {head.first_token + item.rows[row]};
    published.tensor = "score";
    published.type = ElementType::kInt32;
    published.data = scores.data();
    tensors.write(published);
    published.tensor = "weight";
    published.type = ElementType::kUint8;
    published.data = weights.data();
    tensors.write(published);
  }
}

void SparseAttentionEngine::publish_dense_selection(const Head& head) {
  const std::uint32_t tokens = head.command.tokens;
  TensorRows published;
  published.layer = head.command.work.layer;
  published.head = head.command.work.head;
  published.tokens.resize(tokens);
  std::iota(published.tokens.begin(), published.tokens.end(), head.command.first_token);

  std::vector<std::uint8_t> mask(std::size_t{tokens} * tokens);
  for (std::uint32_t row = 0; row < tokens; ++row) {
    std::fill_n(mask.begin() + std::size_t{row} * tokens, head.valid_columns(row), std::uint8_t{1});
  }
  published.tensor = "mask";
  published.type = ElementType::kUint8;
  published.columns = tokens;
  published.data = mask.data();
  tensors.write(published);

  const std::vector<std::uint8_t> needed(tokens, 1);
  published.tensor = "needed_columns";
  published.columns = 1;
  published.data = needed.data();
  tensors.write(published);

  std::vector<std::int32_t> representative(tokens);
  std::iota(representative.begin(), representative.end(), 0);
  published.tensor = "representative";
  published.type = ElementType::kInt32;
  published.data = representative.data();
  tensors.write(published);
}

}  // namespace esact
