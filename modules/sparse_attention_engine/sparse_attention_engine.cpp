#include "sparse_attention_engine/sparse_attention_engine.h"

#include <algorithm>
#include <numeric>

#include "sparse_attention_engine/head.h"

namespace esact {
namespace {

constexpr std::size_t kRecordUnit = 0;

/// Critical rows of a record, ascending.
std::vector<std::uint16_t> critical_rows(const WindowRecord& record) {
  std::vector<std::uint16_t> rows;
  for (std::uint16_t row = 0; row < record.rows; ++row) {
    if ((record.critical_rows >> row & 1) != 0) rows.push_back(static_cast<std::uint16_t>(record.first_row + row));
  }
  return rows;
}

/// The columns below `valid` whose bit of a mask row is set, ascending: bit j % 8 of byte j / 8 for column j.
std::vector<std::uint16_t> kept_of_row(const std::uint8_t* mask, std::uint32_t valid) {
  std::vector<std::uint16_t> columns;
  columns.reserve(valid);
  for (std::uint32_t first = 0; first < valid; first += 8) {
    const unsigned beyond = valid - first < 8 ? 0xffu << (valid - first) : 0;
    for (unsigned bits = mask[first / 8] & ~beyond; bits != 0; bits &= bits - 1) {
      columns.push_back(static_cast<std::uint16_t>(first + __builtin_ctz(bits)));
    }
  }
  return columns;
}

}  // namespace

SparseAttentionEngine::SparseAttentionEngine(sc_core::sc_module_name name, const EngineConfig& config,
                                             std::uint32_t heads_in_flight, const TlmConfig& tlm, const Clock& clock)
    : sc_module(name),
      command("command", heads_in_flight),
      windows("windows", 1),
      memory("memory", tlm, clock, config.port_bytes),
      dma("dma", tlm, clock),
      tasks("tasks", tlm, clock),
      vector("vector", tlm, clock),
      tensors("tensors"),
      config_(config),
      ledger_(clock, 1 + config.windows_in_flight),
      heads_(heads_in_flight) {
  SC_HAS_PROCESS(SparseAttentionEngine);
  SC_THREAD(accept_heads);
  SC_THREAD(accept_records);
  SC_THREAD(split_records);
  for (std::size_t worker = 0; worker < config.windows_in_flight; ++worker) {
    sc_core::sc_spawn([this, worker] { work(worker); }, sc_core::sc_gen_unique_name("worker"));
  }
}

SparseAttentionEngine::~SparseAttentionEngine() = default;

void SparseAttentionEngine::accept_heads() {
  while (true) {
    auto head = std::make_shared<Head>(command.take());
    active_workers_ = std::min(head->command.workers, config_.windows_in_flight);
    heads_[head->command.slot] = head;
    head_accepted_.notify();
    if (head->dense() && tensors.bound()) publish_dense_selection(*head);
  }
}

void SparseAttentionEngine::accept_records() {
  while (true) {
    auto* received = windows.take();
    while (records_.size() >= config_.queue_depth) sc_core::wait(record_taken_);
    records_.push_back(received->record);
    windows.complete(received);
    record_ready_.notify();
  }
}

void SparseAttentionEngine::split_records() {
  while (true) {
    ledger_.enter(kRecordUnit, UnitState::kIdle);
    while (records_.empty()) sc_core::wait(record_ready_);
    const WindowRecord record = records_.front();
    records_.pop_front();
    record_taken_.notify();
    ledger_.enter(kRecordUnit, UnitState::kInput);
    while (!heads_[record.slot]) sc_core::wait(head_accepted_);
    split(record, heads_[record.slot]);
  }
}

void SparseAttentionEngine::split(const WindowRecord& record, const std::shared_ptr<Head>& head) {
  const std::vector<std::uint16_t> rows = critical_rows(record);
  std::vector<std::vector<std::uint16_t>> columns = kept_columns(*head, record, rows);
  ledger_.enter(kRecordUnit, UnitState::kBusy);

  std::vector<std::uint16_t> fresh;
  for (const auto& row : columns) {
    for (std::uint16_t column : row) {
      std::uint16_t& key = head->key_of_column[column];
      if (key != Head::kNoKey) continue;
      key = static_cast<std::uint16_t>(head->keys + fresh.size());
      fresh.push_back(column);
    }
  }
  for (std::size_t first = 0; first < fresh.size(); first += kGenerateColumns) {
    const std::size_t last = std::min(fresh.size(), first + kGenerateColumns);
    Generate item{head, {fresh.begin() + first, fresh.begin() + last}, head->keys, head->generations_issued++};
    head->keys += static_cast<std::uint32_t>(last - first);
    head->generation_done.push_back(false);
    push(std::move(item), active_workers_);
  }

  auto window = std::make_shared<Window>();
  window->record = record;
  window->items = static_cast<std::uint32_t>((rows.size() + kAttendRows - 1) / kAttendRows);
  for (std::size_t first = 0; first < rows.size(); first += kAttendRows) {
    const std::size_t last = std::min(rows.size(), first + kAttendRows);
    push(Attend{head,
                window,
                {rows.begin() + first, rows.begin() + last},
                {std::make_move_iterator(columns.begin() + first), std::make_move_iterator(columns.begin() + last)},
                head->generations_issued},
         active_workers_);
  }
}

std::vector<std::vector<std::uint16_t>> SparseAttentionEngine::kept_columns(const Head& head,
                                                                            const WindowRecord& record,
                                                                            const std::vector<std::uint16_t>& rows) {
  const std::uint32_t stride = head.command.mask_stride;
  std::vector<std::uint8_t> mask;
  if (!head.dense()) {
    ledger_.enter(kRecordUnit, UnitState::kSram);
    mask.resize(std::size_t{record.rows} * stride);
    memory.read(head.command.mask + std::uint64_t{record.first_row} * stride, mask.data(), mask.size());
  }
  std::vector<std::vector<std::uint16_t>> columns(rows.size());
  for (std::size_t index = 0; index < rows.size(); ++index) {
    const std::uint32_t valid = head.valid_columns(rows[index]);
    if (head.dense()) {
      columns[index].resize(valid);
      std::iota(columns[index].begin(), columns[index].end(), std::uint16_t{0});
    } else {
      columns[index] = kept_of_row(mask.data() + std::size_t(rows[index] - record.first_row) * stride, valid);
    }
  }
  return columns;
}

void SparseAttentionEngine::push(Item item, std::uint32_t workers) {
  while (items_.size() >= workers) {
    ledger_.enter(kRecordUnit, UnitState::kQueueFull);
    sc_core::wait(item_taken_);
  }
  ledger_.enter(kRecordUnit, UnitState::kBusy);
  items_.push_back(std::move(item));
  item_ready_.notify();
}

void SparseAttentionEngine::work(std::size_t worker) {
  while (true) {
    ledger_.enter(unit(worker), UnitState::kIdle);
    while (items_.empty() || worker >= active_workers_) sc_core::wait(item_ready_);
    const Item item = std::move(items_.front());
    items_.pop_front();
    item_taken_.notify();
    if (const auto* generation = std::get_if<Generate>(&item)) {
      generate(worker, *generation);
    } else {
      attend(worker, std::get<Attend>(item));
    }
  }
}

void SparseAttentionEngine::generate(std::size_t worker, const Generate& item) {
  const AttendCommand& head = item.head->command;
  const std::uint32_t columns = 2 * head.head_width;
  const std::uint64_t offset = std::uint64_t{item.first_key} * head.head_width;
  const std::uint64_t panel_bytes = item.columns.size() * head.head_width;
  PanelMatrix out{head.keys + offset, head.values - head.keys, columns, head.head_width};
  if (item.head->spilled())
    out = {worker_scratch(worker, head) + scratch_of(head).generated, panel_bytes, columns, head.head_width};
  project(worker, *item.head, item.columns,
          {MatrixKind::kKeyValue, head.work, head.wkv, head.kv_bias, head.kv_scale, out});
  if (tensors.bound()) publish_keys(item, out);
  if (item.head->spilled()) {
    move(worker, *item.head, DmaDirection::kToSystem, head.keys_system + offset, out.address, panel_bytes);
    move(worker, *item.head, DmaDirection::kToSystem, head.values_system + offset, out.address + panel_bytes,
         panel_bytes);
    counts_.spilled_bytes += 2 * panel_bytes;
  }
  item.head->generation_done[item.index] = true;
  item.head->progress.notify();
}

void SparseAttentionEngine::project(std::size_t worker, Head& owner, const std::vector<std::uint16_t>& rows,
                                    const Projection& projection) {
  const AttendCommand& head = owner.command;
  const std::uint64_t base = worker_scratch(worker, head);
  const EngineScratch scratch = scratch_of(head);
  ledger_.enter(unit(worker), UnitState::kSram);
  memory.write(base + scratch.row_list, rows.data(), rows.size() * sizeof(std::uint16_t));

  MatrixCommand product;
  product.work = projection.work;
  product.kind = projection.kind;
  product.rows = static_cast<std::uint32_t>(rows.size());
  product.depth = head.width;
  product.columns = projection.out.columns;
  product.a = {head.x, 0, head.width, head.width};
  product.row_list = base + scratch.row_list;
  if (owner.streamed()) {
    product.a.address = base + scratch.x_rows;
    product.row_list = kNoAddress;
    stream_rows(worker, owner, rows, product.a.address);
  }
  product.b = projection.weights;
  product.c = base + scratch.sums;
  run(worker, tasks, product);

  VectorCommand requantise;
  requantise.work = projection.work;
  requantise.kind = VectorKind::kRequantise;
  requantise.rows = product.rows;
  requantise.width = product.columns;
  requantise.in = product.c;
  requantise.bias = projection.bias;
  requantise.scale = projection.scale;
  requantise.out = projection.out;
  run(worker, vector, requantise);
}

void SparseAttentionEngine::attend(std::size_t worker, const Attend& item) {
  Head& owner = *item.head;
  const AttendCommand& head = owner.command;
  const std::uint64_t base = worker_scratch(worker, head);
  const EngineScratch scratch = scratch_of(head);
  WorkId work = head.work;
  work.window = item.window->record.window;
  const PanelMatrix query{base + scratch.query, 0, head.head_width, head.head_width};
  project(worker, owner, item.rows, {MatrixKind::kQuery, work, head.wq, head.q_bias, head.q_scale, query});
  if (tensors.bound()) publish_queries(item, query.address);
  ledger_.enter(unit(worker), UnitState::kBarrier);
  while (!owner.generated(item.generations)) sc_core::wait(owner.progress);

  const KeyLists lists = key_lists(item);
  ledger_.enter(unit(worker), UnitState::kSram);
  write_lists(lists, base + scratch.lists);

  MatrixCommand score;
  score.work = work;
  score.kind = MatrixKind::kScore;
  score.rows = static_cast<std::uint32_t>(item.rows.size());
  score.depth = head.head_width;
  score.a = query;
  score.c = base + scratch.scores;
  multiply_keys(worker, owner, lists, score);
  softmax(worker, item, lists);

  MatrixCommand context = score;
  context.kind = MatrixKind::kContext;
  context.depth = 0;
  context.columns = head.head_width;
  context.a = {base + scratch.weights, 0, lists.entries(), lists.entries()};
  context.c = base + scratch.sums;
  multiply_keys(worker, owner, lists, context);
  finish_rows(worker, item);
  if (tensors.bound()) publish_attention(item, lists, base);
  finish_window(item);
}

/// Scores or context over all keys of the lists.
void SparseAttentionEngine::multiply_keys(std::size_t worker, Head& owner, const KeyLists& lists,
                                          MatrixCommand product) {
  if (owner.spilled()) return multiply_spilled_keys(worker, owner, lists, product);
  const AttendCommand& head = owner.command;
  product.keys = owner.keys;
  product.b = {product.kind == MatrixKind::kScore ? head.keys : head.values, 0, head.head_width, head.head_width};
  product.lists = worker_scratch(worker, head) + scratch_of(head).lists;
  run(worker, tasks, product);
}

SparseAttentionEngine::KeyLists SparseAttentionEngine::key_lists(const Attend& item) {
  KeyLists lists;
  std::size_t entries = 0;
  for (const auto& row : item.columns) entries += row.size();
  lists.keys.reserve(entries);
  for (const auto& row : item.columns) {
    for (std::uint16_t column : row) lists.keys.push_back(item.head->key_of_column[column]);
    if (item.head->spilled()) std::sort(lists.keys.begin() + lists.row_pointers.back(), lists.keys.end());
    lists.row_pointers.push_back(lists.entries());
  }
  return lists;
}

void SparseAttentionEngine::write_lists(const KeyLists& lists, std::uint64_t address) {
  const std::uint64_t pointer_bytes = lists.row_pointers.size() * sizeof(std::uint32_t);
  memory.write(address, lists.row_pointers.data(), pointer_bytes);
  memory.write(address + pointer_bytes, lists.keys.data(), lists.keys.size() * sizeof(std::uint16_t));
}

void SparseAttentionEngine::softmax(std::size_t worker, const Attend& item, const KeyLists& lists) {
  const AttendCommand& head = item.head->command;
  const std::uint64_t base = worker_scratch(worker, head);
  const EngineScratch scratch = scratch_of(head);
  VectorCommand softmax;
  softmax.work = head.work;
  softmax.work.window = item.window->record.window;
  softmax.kind = VectorKind::kSoftmax;
  softmax.rows = static_cast<std::uint32_t>(item.rows.size());
  softmax.width = lists.entries();
  softmax.in = base + scratch.scores;
  softmax.lists = base + scratch.lists;
  softmax.sums = base + scratch.weight_sums;
  softmax.scale = head.softmax_scale;
  softmax.out = {base + scratch.weights, 0, lists.entries(), lists.entries()};
  run(worker, vector, softmax);
}

/// The context of attended rows becomes their z.
void SparseAttentionEngine::finish_rows(std::size_t worker, const Attend& item) {
  const AttendCommand& head = item.head->command;
  const std::uint64_t base = worker_scratch(worker, head);
  const EngineScratch scratch = scratch_of(head);
  VectorCommand context;
  context.work = head.work;
  context.work.window = item.window->record.window;
  context.kind = VectorKind::kContext;
  context.rows = static_cast<std::uint32_t>(item.rows.size());
  context.width = head.head_width;
  context.in = base + scratch.sums;
  context.sums = base + scratch.weight_sums;
  context.scale = head.z_scale;
  context.row_list = base + scratch.row_list;
  context.out = {head.z, 0, head.head_width, head.head_width};
  context.first_token = head.first_token;
  run(worker, vector, context);
}

void SparseAttentionEngine::finish_window(const Attend& item) {
  Head& head = *item.head;
  if (--item.window->items > 0) return;
  if (!head.dense()) copy_similar_rows(head, *item.window);
  if (++head.windows_done < head.command.windows) return;
  heads_[head.command.slot].reset();
  command.complete(head.pending, head.failed ? tlm::TLM_GENERIC_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE);
}

void SparseAttentionEngine::copy_similar_rows(const Head& head, const Window& window) {
  const WindowRecord& record = window.record;
  const std::size_t width = head.command.head_width;
  std::vector<std::uint8_t> distance(record.rows), rows(record.rows * width);
  memory.read(head.command.representative + record.first_row, distance.data(), distance.size());
  if (std::all_of(distance.begin(), distance.end(), [](std::uint8_t value) { return value == 0; })) return;
  const std::uint64_t z = head.command.z + record.first_row * width;
  memory.read(z, rows.data(), rows.size());
  for (std::size_t row = 0; row < record.rows; ++row) {
    if (distance[row] != 0) std::copy_n(rows.data() + (row - distance[row]) * width, width, rows.data() + row * width);
  }
  memory.write(z, rows.data(), rows.size());
}

EngineScratch SparseAttentionEngine::scratch_of(const AttendCommand& head) {
  const bool streamed = head.x_system != kNoAddress, spilled = head.keys_system != kNoAddress;
  return {head.tokens, head.head_width, streamed ? head.width : 0, spilled};
}

}  // namespace esact
