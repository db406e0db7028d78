#include "ffn_array/ffn_array.h"

namespace esact {
namespace {

/// Rows that compute, ascending, and for each row the index there of the row whose result it takes.
struct RowLists {
  std::vector<std::uint16_t> computed;
  std::vector<std::uint16_t> source;

  /// `distance`: how far before each row the row lies whose result it takes; 0: it computes.
  explicit RowLists(const std::vector<std::uint8_t>& distance) : source(distance.size()) {
    for (std::size_t row = 0; row < distance.size(); ++row) {
      if (distance[row] == 0) {
        source[row] = static_cast<std::uint16_t>(computed.size());
        computed.push_back(static_cast<std::uint16_t>(row));
      } else {
        source[row] = source[row - distance[row]];
      }
    }
  }
};

MatrixCommand matrix_command(const FfnCommand& tile, MatrixKind kind, std::uint32_t rows, std::uint64_t out) {
  MatrixCommand product;
  product.work = tile.work;
  product.kind = kind;
  product.accumulate = tile.accumulate;
  product.rows = rows;
  product.depth = tile.depth;
  product.columns = tile.columns;
  product.a = tile.a;
  product.b = tile.weights;
  product.c = out;
  return product;
}

}  // namespace

FfnArray::FfnArray(sc_core::sc_module_name name, const FfnArrayConfig& config, const TlmConfig& tlm, const Clock& clock)
    : sc_module(name),
      command("command", config.tiles_in_flight),
      memory("memory", tlm, clock, config.port_bytes),
      tasks("tasks", tlm, clock),
      vector("vector", tlm, clock),
      config_(config),
      ledger_(clock, config.tiles_in_flight) {
  for (std::size_t worker = 0; worker < config.tiles_in_flight; ++worker) {
    sc_core::sc_spawn([this, worker] { work(worker); }, sc_core::sc_gen_unique_name("worker"));
  }
}

void FfnArray::work(std::size_t worker) {
  while (true) {
    ledger_.enter(worker, UnitState::kIdle);
    while (command.empty() || worker >= command.front()->record.workers) sc_core::wait(command.arrived());
    auto* received = command.take();
    const FfnCommand& tile = received->record;
    ledger_.enter(worker, UnitState::kBusy);
    switch (tile.kind) {
      case FfnKind::kProjectionRows:
        ledger_.enter(worker, UnitState::kSram);
        derive_projection_rows(tile);
        break;
      case FfnKind::kFfnRows:
        ledger_.enter(worker, UnitState::kSram);
        derive_ffn_rows(tile);
        break;
      case FfnKind::kOutput:
        tile.reuse ? project_reused(worker, tile) : project(worker, tile);
        break;
      case FfnKind::kFfn1:
        first_layer(worker, tile);
        break;
      case FfnKind::kFfn2:
        second_layer(worker, tile);
        break;
    }
    command.complete(received);
  }
}

void FfnArray::derive_projection_rows(const FfnCommand& block) {
  const ProjectionLists lists{block.lists, block.rows, block.heads};
  std::vector<std::uint8_t> distance(block.rows);
  std::vector<std::uint16_t> counts;
  for (std::uint32_t head = 0; head < block.heads; ++head) {
    memory.read(block.representative + std::uint64_t{head} * block.rows, distance.data(), distance.size());
    const RowLists rows(distance);
    write_list(lists.critical_rows(head), rows.computed);
    write_list(lists.partial_row(head), rows.source);
    counts.push_back(static_cast<std::uint16_t>(rows.computed.size()));
  }
  write_list(lists.counts(), counts);
}

void FfnArray::derive_ffn_rows(const FfnCommand& block) {
  const FfnLists lists{block.lists, block.rows};
  std::vector<std::uint8_t> distance(block.rows);
  if (block.root != kNoAddress) memory.read(block.root, distance.data(), distance.size());
  const RowLists rows(distance);
  std::vector<std::uint32_t> tokens(rows.computed.begin(), rows.computed.end());
  for (std::uint32_t& token : tokens) token += block.first_token;
  write_list(lists.tokens(), tokens);
  write_list(lists.computed_rows(), rows.computed);
  write_list(lists.increment_row(), rows.source);
}

template <class Entry>
void FfnArray::write_list(std::uint64_t address, const std::vector<Entry>& list) {
  memory.write(address, list.data(), list.size() * sizeof(Entry));
}

void FfnArray::project(std::size_t worker, const FfnCommand& tile) {
  run(worker, tasks, matrix_command(tile, MatrixKind::kOutput, tile.rows, tile.out));
}

/// Per head: the products of its critical rows, then a scatter-add to every row that takes one of them.
void FfnArray::project_reused(std::size_t worker, const FfnCommand& tile) {
  const ProjectionLists lists{tile.lists, tile.rows, tile.heads};
  const std::uint64_t partial = tile.scratch + worker * tile.scratch_stride;
  const std::uint32_t head_width = tile.a.panel_columns;
  std::vector<std::uint16_t> critical_rows(tile.heads);
  ledger_.enter(worker, UnitState::kSram);
  memory.read(lists.counts(), critical_rows.data(), critical_rows.size() * sizeof(std::uint16_t));
  for (std::uint32_t head = 0; head < tile.heads; ++head) {
    MatrixCommand product = matrix_command(tile, MatrixKind::kOutput, critical_rows[head], partial);
    product.work.head = static_cast<std::uint16_t>(head);
    product.depth = head_width;
    product.a = {tile.a.address + head * tile.a.panel_stride, 0, head_width, head_width};
    product.row_list = lists.critical_rows(head);
    product.b.address += std::uint64_t{head} * head_width * tile.columns;
    run(worker, tasks, product);

    VectorCommand scatter;
    scatter.work = product.work;
    scatter.kind = VectorKind::kScatterAdd;
    scatter.rows = tile.rows;
    scatter.width = tile.columns;
    scatter.partial_rows = critical_rows[head];
    scatter.clear = head == 0;
    scatter.in = partial;
    scatter.row_list = lists.partial_row(head);
    scatter.h_out = tile.out;
    run(worker, vector, scatter);
  }
}

void FfnArray::first_layer(std::size_t worker, const FfnCommand& tile) {
  const FfnLists lists{tile.lists, tile.rows};
  const std::uint64_t sums = tile.scratch + worker * tile.scratch_stride;
  MatrixCommand product = matrix_command(tile, MatrixKind::kFfn1, tile.computed_rows, sums);
  if (tile.computed_rows < tile.rows) product.row_list = lists.computed_rows();
  run(worker, tasks, product);

  VectorCommand activate;
  activate.work = tile.work;
  activate.kind = VectorKind::kActivate;
  activate.rows = tile.computed_rows;
  activate.width = tile.columns;
  activate.first_column = tile.first_column;
  activate.in = sums;
  activate.bias = tile.bias;
  activate.scale = tile.hidden_scale;
  activate.scale2 = tile.y_scale;
  activate.table = tile.table;
  activate.out = {tile.out, 0, tile.columns, tile.columns};
  activate.tokens = lists.tokens();
  run(worker, vector, activate);
}

void FfnArray::second_layer(std::size_t worker, const FfnCommand& tile) {
  run(worker, tasks, matrix_command(tile, MatrixKind::kFfn2, tile.computed_rows, tile.out));
}

template <class Record>
void FfnArray::run(std::size_t worker, InitiatorPort& port, const Record& record) {
  ledger_.enter(worker, UnitState::kArray);
  port.send(record);
  ledger_.enter(worker, UnitState::kBusy);
}

}  // namespace esact
