#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <set>
#include <string>

#include "sparse_attention_engine/selection.h"
#include "sparse_attention_engine/sparse_attention_engine.h"
#include "support/command_bench.h"
#include "support/recorder.h"

namespace esact {
namespace {

constexpr std::uint32_t kHeadWidth = 8;
constexpr std::size_t kAtATime = 8;  // commands in work, more than there are workers

/// An engine whose MAC array and vector unit only note what they are asked to do, with the lists as they lie in SRAM
/// then; the vector unit's context writes z.
class OrderBench : public CommandBench<AttendCommand> {
 public:
  struct Generation {
    Rows columns;
    std::uint64_t end = 0;  ///< cycle in which its requantisation ended
  };
  struct Score {
    std::uint32_t keys;
    std::uint64_t start;
    Rows rows;
    std::vector<Rows> lists;  ///< rows of the key buffer, for each row
  };
  /// What was asked for a head, by its slot.
  struct Head {
    AttendCommand command;
    std::map<std::uint32_t, Generation> generations;  ///< by first row of the key buffer
    std::vector<Score> scores;
    std::uint64_t last_end = 0;
  };

  explicit OrderBench(const EngineConfig& config = {}, const TlmConfig& tlm = {},
                      const sc_core::sc_module_name& name = "bench")
      : CommandBench(tlm, name),
        engine("engine", config, 4, tlm, clock),
        mac_array("mac_array", clock, 10, kAtATime),
        vector_unit("vector_unit", clock, 10, kAtATime),
        dma("dma", clock, 10),
        predictor("predictor", tlm, clock) {
    links.bind(engine.memory, sram.memory);
    links.bind(engine.tasks, mac_array.command);
    links.bind(engine.vector, vector_unit.command);
    links.bind(engine.dma, dma.command);
    links.bind(sender, engine.command);
    links.bind(predictor, engine.windows);
    mac_array.at_start = [this](const MatrixCommand& product) { note(product); };
    vector_unit.at_start = [this](const VectorCommand& command) { order.push_back(kVectorNames.at(command.kind)); };
    vector_unit.at_end = [this](const VectorCommand& command) {
      finish(command);
      return tlm::TLM_OK_RESPONSE;
    };
  }

  AttendCommand head(const Selection& selection, std::uint16_t slot, std::uint32_t workers = 6, bool dense = false) {
    HeadForm form;
    form.head_width = kHeadWidth;
    form.workers = workers;
    form.dense = dense;
    AttendCommand head = place_head(*this, selection, slot, form);
    head.x = reserve(head.tokens * head.width);
    return heads[slot].command = head;
  }

  /// Has window `index` of a head sent at the edge of `cycle`, at least 1.
  void window(std::uint64_t cycle, const Selection& selection, std::uint16_t slot, std::uint32_t index) {
    sc_core::sc_spawn([this, cycle, record = selection.record(slot, index)] {
      Clock::wait_until(clock.cycles(cycle));
      predictor.send(record);
    });
  }

  void windows(std::uint64_t cycle, const Selection& selection, std::uint16_t slot) {
    for (std::uint32_t index = 0; index < selection.windows(); ++index) {
      window(cycle + index, selection, slot, index);
    }
  }

  /// What the stand-in for the context operation writes at `row` of z.
  static std::vector<std::uint8_t> z_row(std::uint16_t slot, std::uint32_t row) {
    return random_values<std::uint8_t>(kHeadWidth, 0, 255, 1000u * slot + row);
  }

  std::uint64_t cycle() const { return clock.cycle(sc_core::sc_time_stamp()); }

  SparseAttentionEngine engine;
  CommandRecorder<MatrixCommand> mac_array;
  CommandRecorder<VectorCommand> vector_unit;
  CommandRecorder<DmaCommand> dma;
  InitiatorPort predictor;
  std::map<std::uint16_t, Head> heads;
  std::vector<std::string> order;        ///< of all commands
  std::set<std::uint64_t> accumulators;  ///< addresses of the products' results: the workers' scratches

 private:
  static inline const std::map<MatrixKind, std::string> kMatrixNames{{MatrixKind::kKeyValue, "key_value"},
                                                                     {MatrixKind::kQuery, "query"},
                                                                     {MatrixKind::kScore, "score"},
                                                                     {MatrixKind::kContext, "sum"}};
  static inline const std::map<VectorKind, std::string> kVectorNames{
      {VectorKind::kRequantise, "requantise"}, {VectorKind::kSoftmax, "softmax"}, {VectorKind::kContext, "context"}};

  void note(const MatrixCommand& product) {
    order.push_back(kMatrixNames.at(product.kind));
    Head& head = heads.at(product.work.head);
    if (product.kind != MatrixKind::kScore) accumulators.insert(product.c);
    if (product.row_list != kNoAddress) listed_[product.c] = fetch<std::uint16_t>(product.row_list, product.rows);
    if (product.kind != MatrixKind::kScore) return;
    const EngineScratch scratch(head.command.tokens, kHeadWidth, 0, false);
    const auto pointers = fetch<std::uint32_t>(product.lists, product.rows + 1);
    const auto keys = fetch<std::uint16_t>(product.lists + pointers.size() * 4, pointers.back());
    Score score{product.keys, cycle(), listed_.at(product.lists - scratch.lists + scratch.sums), {}};
    for (std::uint32_t row = 0; row < product.rows; ++row) {
      score.lists.emplace_back(keys.begin() + pointers[row], keys.begin() + pointers[row + 1]);
    }
    head.scores.push_back(score);
  }

  void finish(const VectorCommand& command) {
    Head& head = heads.at(command.work.head);
    head.last_end = cycle();
    if (command.kind == VectorKind::kRequantise && command.width == 2 * kHeadWidth) {
      const auto first = static_cast<std::uint32_t>((command.out.address - head.command.keys) / kHeadWidth);
      REQUIRE(head.generations.count(first) == 0);
      head.generations[first] = {listed_.at(command.in), cycle()};
    }
    if (command.kind != VectorKind::kContext) return;
    for (const std::uint16_t row : fetch<std::uint16_t>(command.row_list, command.rows)) {
      const auto bytes = z_row(command.work.head, row);
      host.debug_write(command.out.address + std::uint64_t{row} * kHeadWidth, bytes.data(), bytes.size());
    }
  }

  std::map<std::uint64_t, Rows> listed_;  ///< row list of the last projection, by its accumulators
};

/// Columns in the order of the key buffer, each generated once, in runs of at most 32, those that are needed.
std::vector<std::uint64_t> check_generations(const OrderBench::Head& head, const Selection& selection, Rows& columns) {
  std::vector<std::uint64_t> ready;
  for (const auto& [first, generation] : head.generations) {
    CHECK(first == columns.size());
    CHECK(generation.columns.size() <= 32);
    columns.insert(columns.end(), generation.columns.begin(), generation.columns.end());
    ready.insert(ready.end(), generation.columns.size(), generation.end);
  }
  std::set<std::uint16_t> needed;
  for (std::uint32_t row = 0; row < selection.tokens(); ++row) {
    if (selection.distance[row] == 0) needed.insert(selection.kept[row].begin(), selection.kept[row].end());
  }
  CHECK(columns.size() == needed.size());
  CHECK(std::set<std::uint16_t>(columns.begin(), columns.end()) == needed);
  return ready;
}

/// Everything that must hold of a head that has completed.
void check_head(OrderBench& bench, const Selection& selection, std::uint16_t slot) {
  CAPTURE(slot);
  const OrderBench::Head& head = bench.heads.at(slot);
  Rows columns;
  const std::vector<std::uint64_t> ready = check_generations(head, selection, columns);
  std::set<std::uint16_t> attended;
  for (const OrderBench::Score& score : head.scores) {
    CHECK(score.rows.size() <= 8);
    for (std::size_t index = 0; index < score.rows.size(); ++index) {
      const std::uint16_t row = score.rows[index];
      CHECK(attended.insert(row).second);
      Rows kept;
      for (const std::uint16_t key : score.lists[index]) {
        REQUIRE(key < columns.size());
        REQUIRE(key < score.keys);
        CHECK(ready[key] <= score.start);
        kept.push_back(columns[key]);
      }
      CHECK(kept == selection.kept[row]);
    }
  }
  for (std::uint32_t row = 0; row < selection.tokens(); ++row) {
    CHECK(attended.count(static_cast<std::uint16_t>(row)) == (selection.distance[row] == 0 ? 1 : 0));
    const auto z = bench.fetch<std::uint8_t>(head.command.z + std::uint64_t{row} * kHeadWidth, kHeadWidth);
    CHECK(z == OrderBench::z_row(slot, row - selection.distance[row]));
  }
}

void check_ledger(const OrderBench& bench) {
  const StateCycles totals = bench.engine.ledger().totals();
  CHECK(bench.engine.ledger().units() == 1 + EngineConfig{}.windows_in_flight);
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) ==
        bench.engine.ledger().units() * bench.cycle());
}

/// A head alone, its windows one a cycle.
void check_alone(const Selection& selection, std::uint32_t workers = 6, bool dense = false, const TlmConfig& tlm = {}) {
  OrderBench bench({}, tlm);
  bench.mac_array.cycles = [](const MatrixCommand& product) {
    return product.kind == MatrixKind::kKeyValue ? 301 : product.rows * 7;
  };
  bench.send(0, bench.head(selection, 2, workers, dense));
  bench.windows(1, selection, 2);
  bench.run();
  REQUIRE(bench.outcomes[0].status == tlm::TLM_OK_RESPONSE);
  CHECK(bench.outcomes[0].cycle >= bench.heads[2].last_end);
  CHECK(bench.accumulators.size() <= workers);
  CHECK(bench.mac_array.most_in_work <= workers);
  CHECK(*bench.accumulators.rbegin() <
        bench.heads[2].command.scratch + workers * bench.heads[2].command.scratch_stride);
  check_head(bench, selection, 2);
  check_ledger(bench);
}

TEST_CASE("Lists: windows of 8") {
  check_alone(random_selection(77, 8, false, 3, 10));
}
TEST_CASE("Lists: causal windows of 5") {
  check_alone(random_selection(64, 5, true, 5, 20));
}
TEST_CASE("Lists: windows of 64, more than 32 fresh columns a window") {
  check_alone(random_selection(150, 64, false, 12, 30));
}
TEST_CASE("Lists: one token") {
  check_alone(random_selection(1, 8, true, 16, 40));
}
TEST_CASE("Lists: one worker") {
  check_alone(random_selection(70, 8, false, 3, 50), 1);
}
TEST_CASE("Lists: two workers") {
  check_alone(random_selection(70, 8, false, 3, 60), 2);
}
TEST_CASE("Lists: dense") {
  check_alone(everything(100, false), 6, true);
}
TEST_CASE("Lists: dense and causal") {
  check_alone(everything(100, true), 3, true);
}
TEST_CASE("Lists: approximate mode with stalls") {
  TlmConfig tlm;
  tlm.mode = TlmMode::kApproximate;
  tlm.stall_permille = 200;
  check_alone(random_selection(60, 8, false, 3, 70), 4, false, tlm);
}

TEST_CASE("Order of one worker's commands: generations, then rows by eights, window after window") {
  Selection selection = random_selection(18, 9, true, 16, 1);
  selection.distance.assign(18, 0);
  OrderBench bench;
  bench.send(0, bench.head(selection, 0, 1));
  bench.windows(1, selection, 0);
  bench.run();
  const std::vector<std::string> generate{"key_value", "requantise"};
  const std::vector<std::string> attend{"query", "requantise", "score", "softmax", "sum", "context"};
  std::vector<std::string> expected;
  for (const auto& item : {generate, attend, attend, generate, attend, attend}) {
    expected.insert(expected.end(), item.begin(), item.end());
  }
  CHECK(bench.order == expected);
  CHECK(bench.heads[0].generations.at(0).columns.size() == 9);
  CHECK(bench.heads[0].generations.at(9).columns == Rows{9, 10, 11, 12, 13, 14, 15, 16, 17});
}

TEST_CASE("A head waits for its last window") {
  const Selection selection = random_selection(24, 8, false, 4, 80);
  OrderBench bench;
  bench.send(0, bench.head(selection, 1));
  bench.window(1, selection, 1, 0);
  bench.window(2, selection, 1, 1);
  bench.window(9000, selection, 1, 2);
  bench.run();
  CHECK(bench.outcomes[0].cycle > 9000);
  check_head(bench, selection, 1);
}

TEST_CASE("Windows wait for their head") {
  const Selection selection = random_selection(60, 8, false, 4, 90);
  OrderBench bench;
  bench.windows(1, selection, 3);
  bench.send(5000, bench.head(selection, 3));
  bench.run();
  REQUIRE(bench.outcomes[0].status == tlm::TLM_OK_RESPONSE);
  CHECK(bench.heads[3].scores.front().start > 5000);
  CHECK(bench.engine.ledger().totals()[static_cast<std::size_t>(UnitState::kInput)] > 4900);
  check_head(bench, selection, 3);
  check_ledger(bench);
}

TEST_CASE("Heads whose windows alternate keep apart") {
  const Selection first = random_selection(64, 8, false, 3, 100);
  const Selection second = random_selection(50, 8, true, 5, 110);
  OrderBench bench;
  bench.send(0, bench.head(first, 0));
  bench.send(0, bench.head(second, 2));
  bench.windows(1, first, 0);
  bench.windows(1, second, 2);
  bench.run();
  check_head(bench, first, 0);
  check_head(bench, second, 2);
  CHECK(bench.heads[2].scores.front().start < bench.outcomes[0].cycle);
  CHECK(bench.heads[0].scores.front().start < bench.outcomes[1].cycle);
  check_ledger(bench);
}

}  // namespace
}  // namespace esact
