#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <set>

#include "kernels/fixed_point.h"
#include "kernels/softmax.h"
#include "mac_array/mac_array.h"
#include "sparse_attention_engine/bench.h"
#include "sparse_attention_engine/selection.h"
#include "support/system_memory.h"
#include "vector_unit/vector_unit.h"

/// Heads whose x is streamed and whose keys and values are spilled: the same values, and what goes to DRAM and back.
namespace esact {
namespace {

constexpr std::uint32_t kWidth = 32;
constexpr std::uint16_t kForms = 4;  // by slot: bit 0: x is streamed, bit 1: keys and values are spilled

struct Scale {
  std::vector<std::int32_t> multiplier;
  std::vector<std::uint8_t> shift;

  /// About `multiplier` / 2^`shift`.
  Scale(std::uint32_t count, std::int32_t multiplier, unsigned shift, unsigned seed)
      : multiplier(random_values<std::int32_t>(count, multiplier / 2, multiplier * 2, seed)), shift(count, shift) {}

  ScaleParameters place(CommandBench<AttendCommand>& bench) const {
    return {bench.place(multiplier), bench.place(shift)};
  }
};

/// Random operands of a head, and what it makes of them by the formulas of docs/numerics.md.
struct Operands {
  std::uint32_t tokens, head_width;
  std::vector<std::int8_t> x, wq, wk, wv;
  std::vector<std::int32_t> q_bias, kv_bias;
  Scale q_scale, kv_scale, softmax_scale, z_scale;

  Operands(std::uint32_t token_count, std::uint32_t d)
      : tokens(token_count),
        head_width(d),
        x(random_values<std::int8_t>(tokens * kWidth, -128, 127, 1)),
        wq(random_values<std::int8_t>(kWidth * d, -128, 127, 2)),
        wk(random_values<std::int8_t>(kWidth * d, -128, 127, 3)),
        wv(random_values<std::int8_t>(kWidth * d, -128, 127, 4)),
        q_bias(random_values<std::int32_t>(d, -20000, 20000, 5)),
        kv_bias(random_values<std::int32_t>(2 * d, -20000, 20000, 6)),
        q_scale(d, 30000, 23, 7),
        kv_scale(2 * d, 30000, 23, 8),
        softmax_scale(1, 1300, 16, 9),
        z_scale(d, 256, 14, 10) {}

  /// Row `row` of x times `weights`, requantised with the bias and scale of column `first` on.
  std::vector<std::int8_t> project(std::uint32_t row, const std::vector<std::int8_t>& weights,
                                   const std::vector<std::int32_t>& bias, const Scale& scale,
                                   std::uint32_t first) const {
    std::vector<std::int8_t> projected(head_width);
    for (std::uint32_t column = 0; column < head_width; ++column) {
      std::int64_t sum = bias[first + column];
      for (std::uint32_t k = 0; k < kWidth; ++k) sum += x[row * kWidth + k] * weights[k * head_width + column];
      projected[column] = kernels::requantise(sum, scale.multiplier[first + column], scale.shift[first + column]);
    }
    return projected;
  }

  std::vector<std::int8_t> z(const Selection& selection) const {
    std::vector<std::int8_t> z;
    for (std::uint32_t row = 0; row < tokens; ++row) {
      const std::uint32_t source = row - selection.distance[row];
      const Rows& kept = selection.kept[source];
      const std::vector<std::int8_t> query = project(source, wq, q_bias, q_scale, 0);
      std::vector<std::int32_t> scores, context(head_width);
      for (const std::uint16_t column : kept) {
        const std::vector<std::int8_t> key = project(column, wk, kv_bias, kv_scale, 0);
        scores.push_back(std::inner_product(query.begin(), query.end(), key.begin(), 0));
      }
      std::vector<std::uint8_t> weights(kept.size());
      std::int32_t sum = 0;
      kernels::softmax_weights(scores.data(), kept.size(), softmax_scale.multiplier[0], softmax_scale.shift[0],
                               weights.data(), &sum);
      for (std::size_t entry = 0; entry < kept.size(); ++entry) {
        const std::vector<std::int8_t> value = project(kept[entry], wv, kv_bias, kv_scale, head_width);
        for (std::uint32_t column = 0; column < head_width; ++column) context[column] += weights[entry] * value[column];
      }
      z.resize(z.size() + head_width);
      kernels::divide_context(context.data(), sum, head_width, z_scale.multiplier.data(), z_scale.shift.data(),
                              context.data(), z.data() + z.size() - head_width);
    }
    return z;
  }
};

/// The engine with the blocks that it has work done by.
class SpillBench : public CommandBench<AttendCommand> {
 public:
  explicit SpillBench(const TlmConfig& tlm, sc_core::sc_module_name name = "bench")
      : CommandBench(tlm, name),
        engine("engine", EngineConfig{}, kForms, tlm, clock),
        mac_array("mac_array", MacArrayConfig{}, tlm, clock),
        vector_unit("vector_unit", VectorUnitConfig{}, tlm, clock),
        dma("dma", clock, 20, host),
        windows("windows", tlm, clock) {
    links.bind(engine.memory, sram.memory);
    links.bind(engine.tasks, mac_array.command);
    links.bind(engine.vector, vector_unit.command);
    links.bind(engine.dma, dma.command);
    links.bind(sender, engine.command);
    links.bind(windows, engine.windows);
    for (InitiatorPort& group : mac_array.memory) links.bind(group, sram.memory);
    links.bind(mac_array.result, sram.memory);
    links.bind(vector_unit.memory, sram.memory);
  }

  /// Sends the same head in every form, its windows one a cycle.
  void send_forms(const Selection& selection, const Operands& operands, std::uint32_t workers, bool dense) {
    for (std::uint16_t slot = 0; slot < kForms; ++slot) {
      HeadForm form{kWidth, operands.head_width, workers, dense, (slot & 1) != 0, (slot & 2) != 0};
      AttendCommand head = place_head(*this, selection, slot, form);
      (form.streamed ? head.x_system : head.x) = form.streamed ? dma.place(operands.x) : place(operands.x);
      if (form.spilled) {
        head.keys_system = dma.reserve(operands.tokens * operands.head_width);
        head.values_system = dma.reserve(operands.tokens * operands.head_width);
      }
      const std::uint32_t d = operands.head_width;
      head.wq = {place(operands.wq), 0, d, d};
      head.wkv = {place(operands.wk), 0, 2 * d, d};
      head.wkv.panel_stride = place(operands.wv) - head.wkv.address;
      head.q_bias = place(operands.q_bias);
      head.kv_bias = place(operands.kv_bias);
      head.q_scale = operands.q_scale.place(*this);
      head.kv_scale = operands.kv_scale.place(*this);
      head.softmax_scale = operands.softmax_scale.place(*this);
      head.z_scale = operands.z_scale.place(*this);
      heads.push_back(head);
      send(0, head);
      sc_core::sc_spawn([this, slot, selection] {
        Clock::wait_until(clock.cycles(1));
        for (std::uint32_t index = 0; index < selection.windows(); ++index) windows.send(selection.record(slot, index));
      });
    }
  }

  /// Transfers from and to `bytes` bytes at `system_address`.
  std::vector<DmaCommand> transfers(DmaDirection direction, std::uint64_t system_address, std::size_t bytes) const {
    std::vector<DmaCommand> found;
    for (const auto& entry : dma.entries) {
      const std::uint64_t offset = entry.record.system_address - system_address;
      if (entry.record.direction == direction && offset < bytes) found.push_back(entry.record);
    }
    return found;
  }

  SparseAttentionEngine engine;
  MacArray mac_array;
  VectorUnit vector_unit;
  SystemMemory dma;
  InitiatorPort windows;
  std::vector<AttendCommand> heads;
};

/// The items into which docs/sparse_attention_engine.md has a head split.
struct Items {
  std::vector<Rows> projected;                         ///< rows of x that each item needs
  std::size_t generations = 0;                         ///< of these items
  std::size_t generated = 0;                           ///< columns
  std::map<std::uint32_t, std::size_t> block_fetches;  ///< by block of 64 keys: items that attend one of them

  explicit Items(const Selection& selection) {
    std::map<std::uint16_t, std::uint32_t> key_of_column;
    for (std::uint32_t window = 0; window < selection.windows(); ++window) {
      const WindowRecord record = selection.record(0, window);
      Rows critical, fresh;
      for (std::uint16_t row = record.first_row; row < record.first_row + record.rows; ++row) {
        if (selection.distance[row] != 0) continue;
        critical.push_back(row);
        for (const std::uint16_t column : selection.kept[row]) {
          if (key_of_column.emplace(column, key_of_column.size()).second) fresh.push_back(column);
        }
      }
      const std::size_t items = projected.size();
      cut(fresh, 32);
      generations += projected.size() - items;
      generated += fresh.size();
      for (std::size_t item = cut(critical, 8); item < projected.size(); ++item) {
        std::set<std::uint32_t> blocks;
        for (const std::uint16_t row : projected[item]) {
          for (const std::uint16_t column : selection.kept[row]) blocks.insert(key_of_column.at(column) / 64);
        }
        for (const std::uint32_t block : blocks) ++block_fetches[block];
      }
    }
  }

  std::size_t rows() const {
    std::size_t rows = 0;
    for (const Rows& item : projected) rows += item.size();
    return rows;
  }
  /// Runs of consecutive rows.
  std::size_t runs() const {
    std::size_t runs = 0;
    for (const Rows& item : projected) {
      for (std::size_t index = 0; index < item.size(); ++index)
        runs += index == 0 || item[index] != item[index - 1] + 1;
    }
    return runs;
  }

 private:
  /// Adds items of at most `most` of `rows`; the index of the first.
  std::size_t cut(const Rows& rows, std::size_t most) {
    const std::size_t first_item = projected.size();
    for (std::size_t first = 0; first < rows.size(); first += most) {
      projected.emplace_back(rows.begin() + first, rows.begin() + std::min(rows.size(), first + most));
    }
    return first_item;
  }
};

std::uint64_t bytes_of(const std::vector<DmaCommand>& transfers) {
  std::uint64_t bytes = 0;
  for (const DmaCommand& transfer : transfers) bytes += transfer.bytes;
  return bytes;
}

/// Transfers of keys, or of values, at `address`: generations go out, blocks that somebody needs come back. Returns
/// their bytes.
std::uint64_t check_spilling(const SpillBench& bench, const Items& items, const AttendCommand& head,
                             std::uint64_t address) {
  const std::size_t bytes = std::size_t{head.tokens} * head.head_width;
  const auto out = bench.transfers(DmaDirection::kToSystem, address, bytes);
  const auto back = bench.transfers(DmaDirection::kToSram, address, bytes);
  CHECK(out.size() == items.generations);
  CHECK(bytes_of(out) == items.generated * head.head_width);
  std::map<std::uint32_t, std::size_t> fetches;
  for (const DmaCommand& transfer : back) {
    const std::uint64_t key = (transfer.system_address - address) / head.head_width;
    CHECK(key % 64 == 0);
    CHECK(transfer.bytes <= 64 * head.head_width);
    ++fetches[static_cast<std::uint32_t>(key / 64)];
  }
  CHECK(fetches == items.block_fetches);
  return bytes_of(out) + bytes_of(back);
}

void check(const Selection& selection, std::uint32_t head_width, std::uint32_t workers = 3, bool dense = false,
           const TlmConfig& tlm = {}) {
  SpillBench bench(tlm);
  const Operands operands(selection.tokens(), head_width);
  bench.send_forms(selection, operands, workers, dense);
  bench.run();
  const std::vector<std::int8_t> expected = operands.z(selection);
  const Items items(selection);
  std::uint64_t streamed = 0, spilled = 0;
  for (std::uint16_t slot = 0; slot < kForms; ++slot) {
    CAPTURE(slot);
    const AttendCommand& head = bench.heads[slot];
    CHECK(bench.outcomes[slot].status == tlm::TLM_OK_RESPONSE);
    CHECK(bench.fetch<std::int8_t>(head.z, expected.size()) == expected);
    if ((slot & 1) != 0) {
      const auto rows = bench.transfers(DmaDirection::kToSram, head.x_system, operands.x.size());
      CHECK(rows.size() == items.runs());
      CHECK(bytes_of(rows) == items.rows() * kWidth);
      streamed += bytes_of(rows);
    }
    if ((slot & 2) != 0) {
      spilled += check_spilling(bench, items, head, head.keys_system);
      spilled += check_spilling(bench, items, head, head.values_system);
    }
  }
  CHECK(bench.engine.counts().streamed_bytes == streamed);
  CHECK(bench.engine.counts().spilled_bytes == spilled);
}

TEST_CASE("Streamed and spilled: three blocks of keys") {
  check(random_selection(150, 8, false, 3, 10), 16);
}
TEST_CASE("Streamed and spilled: causal, few columns, so that blocks are skipped") {
  check(random_selection(200, 5, true, 1, 20), 8);
}
TEST_CASE("Streamed and spilled: one block exactly") {
  check(everything(64, false), 16);
}
TEST_CASE("Streamed and spilled: a block of one key") {
  check(everything(65, true), 16, 2);
}
TEST_CASE("Streamed and spilled: one token") {
  check(random_selection(1, 8, true, 16, 30), 1);
}
TEST_CASE("Streamed and spilled: dense, one worker") {
  check(everything(130, false), 32, 1, true);
}
TEST_CASE("Streamed and spilled: approximate mode with stalls") {
  TlmConfig tlm;
  tlm.mode = TlmMode::kApproximate;
  tlm.stall_permille = 200;
  check(random_selection(150, 8, false, 3, 40), 16, 3, false, tlm);
}

/// Cycles of a dense head of 70 tokens with one worker, by the steps of docs/sparse_attention_engine.md: products of 50
/// cycles, vector commands of 5 and transfers of 20.
std::uint64_t cycles_of_head(bool streamed, bool spilled) {
  constexpr std::uint64_t kProduct = 50, kVector = 5, kTransfer = 20, kTokens = 70;
  const auto list = [](std::uint64_t bytes) { return std::max<std::uint64_t>(3, (bytes + 63) / 64); };
  const auto project = [&](std::uint64_t rows) {
    return list(2 * rows) + (streamed ? kTransfer : 0) + kProduct + kVector;
  };
  const auto multiply = [&](std::uint64_t rows) {
    if (!spilled) return kProduct;
    std::uint64_t cycles = 0;
    for (const std::uint64_t keys : {std::uint64_t{64}, kTokens - 64}) {
      cycles += kTransfer + list(4 * rows) + list(4 * (rows + 1)) + list(2 * rows * keys) + kProduct;
    }
    return cycles;
  };
  const auto attend = [&](std::uint64_t rows) {
    return project(rows) + list(4 * (rows + 1)) + list(2 * rows * kTokens) + 2 * (multiply(rows) + kVector);
  };
  std::uint64_t cycles = 8 * attend(8) + attend(6);
  for (const std::uint64_t columns : {32, 32, 6}) cycles += project(columns) + (spilled ? 2 * kTransfer : 0);
  return cycles;
}

/// `completes`: as in the table of docs/sparse_attention_engine.md.
void check_cycles(bool streamed, bool spilled, std::uint64_t completes) {
  EngineBench bench;
  const Selection selection = everything(70, false);
  AttendCommand head = place_head(bench, selection, 0, {kWidth, 16, 1, true, streamed, spilled});
  (streamed ? head.x_system : head.x) = 0;
  if (spilled) head.keys_system = head.values_system = 0;
  bench.send(0, head);
  bench.send_windows(1, {selection.record(0, 0), selection.record(0, 1)});
  bench.run();
  CHECK(bench.outcomes[0].cycle == completes);
  CHECK(completes == 1 + cycles_of_head(streamed, spilled));
  const StateCycles totals = bench.engine.ledger().totals();
  std::uint64_t transfers = 0;
  for (const auto& entry : bench.dma.entries) transfers += entry.completion - entry.arrival;
  CHECK(totals[static_cast<std::size_t>(UnitState::kDram)] == transfers);
}

TEST_CASE("Cycles of a head: resident") {
  check_cycles(false, false, 1872);
}
TEST_CASE("Cycles of a head: x streamed") {
  check_cycles(true, false, 2112);
}
TEST_CASE("Cycles of a head: keys and values spilled") {
  check_cycles(false, true, 4162);
}
TEST_CASE("Cycles of a head: both") {
  check_cycles(true, true, 4402);
}

TEST_CASE("A head whose transfer fails does all its work, completes with an error and leaves the others alone") {
  EngineBench bench;
  const Selection selection = random_selection(100, 8, false, 3, 50);
  const auto base = [](std::uint16_t slot, std::uint64_t part) { return 0x1000000 * (slot + 1u) + 0x100000 * part; };
  for (std::uint16_t slot = 0; slot < 4; ++slot) {
    AttendCommand head = place_head(bench, selection, slot, {kWidth, 16, 2, false, true, true});
    head.x_system = base(slot, 0);
    head.keys_system = base(slot, 1);
    head.values_system = base(slot, 2);
    bench.send(0, head);
    std::vector<WindowRecord> records;
    for (std::uint32_t index = 0; index < selection.windows(); ++index)
      records.push_back(selection.record(slot, index));
    bench.send_windows(1, records);
  }
  // Slot 0: a row of x, 1: keys on their way out, 2: values on their way back, each once; slot 3: nothing.
  std::set<std::pair<std::uint64_t, DmaDirection>> failing = {
      {base(0, 0), DmaDirection::kToSram}, {base(1, 1), DmaDirection::kToSystem}, {base(2, 2), DmaDirection::kToSram}};
  bench.dma.at_end = [&](const DmaCommand& transfer) {
    const bool fails = failing.erase({transfer.system_address, transfer.direction}) > 0;
    return fails ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE;
  };
  bench.run();
  CHECK(failing.empty());
  std::map<std::uint16_t, std::uint32_t> rows;
  for (const auto& entry : bench.vector_unit.entries) {
    if (entry.record.kind == VectorKind::kContext) rows[entry.record.work.head] += entry.record.rows;
  }
  const auto critical = static_cast<std::uint32_t>(std::count(selection.distance.begin(), selection.distance.end(), 0));
  for (std::uint16_t slot = 0; slot < 4; ++slot) {
    CAPTURE(slot);
    CHECK(bench.outcomes[slot].status == (slot < 3 ? tlm::TLM_GENERIC_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE));
    CHECK(rows[slot] == critical);
  }
}

}  // namespace
}  // namespace esact
