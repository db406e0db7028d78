#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "sparse_attention_engine/bench.h"

namespace esact {
namespace {

constexpr std::uint32_t kTokens = 70;
constexpr std::uint32_t kWidth = 32;
constexpr std::uint32_t kHeadWidth = 16;
constexpr std::uint32_t kWindow = 8;
constexpr std::uint32_t kMaskStride = 16;

using Keys = std::vector<std::uint16_t>;

/// One head with a random mask and random similar rows, and what the engine must make of it.
struct Head {
  std::vector<std::set<std::uint16_t>> kept;  ///< columns of each row
  std::vector<std::uint8_t> distance;         ///< back to each row's representative
  std::vector<WindowRecord> records;
  AttendCommand command;
  std::vector<std::uint8_t> z;

  Head(EngineBench& bench, unsigned seed, std::uint16_t slot, bool dense = false, bool causal = false,
       std::uint32_t window = kWindow)
      : kept(kTokens), distance(kTokens) {
    const auto keep = random_values<int>(kTokens * kTokens, 0, 3, seed);
    const auto similar = random_values<int>(kTokens, 0, 2, seed + 100);
    std::vector<std::uint8_t> mask(kTokens * kMaskStride);
    for (std::uint32_t row = 0; row < kTokens; ++row) {
      if (!dense && row % window != 0 && similar[row] == 0) distance[row] = static_cast<std::uint8_t>(row % window);
      for (std::uint32_t column = 0; column < (causal ? row + 1 : kTokens); ++column) {
        if (!dense && keep[row * kTokens + column] != 0 && column != row) continue;
        kept[row].insert(static_cast<std::uint16_t>(column));
        mask[row * kMaskStride + column / 8] |= static_cast<std::uint8_t>(1 << column % 8);
      }
    }
    for (std::uint32_t first = 0; first < kTokens; first += window) {
      WindowRecord record;
      record.slot = slot;
      record.window = static_cast<std::uint16_t>(first / window);
      record.first_row = static_cast<std::uint16_t>(first);
      record.rows = static_cast<std::uint16_t>(std::min(window, kTokens - first));
      for (std::uint32_t row = 0; row < record.rows; ++row) {
        if (distance[first + row] == 0) record.critical_rows |= std::uint64_t{1} << row;
      }
      records.push_back(record);
    }
    z = random_values<std::uint8_t>(kTokens * kHeadWidth, 0, 255, seed + 200);
    fill(bench, slot, dense, causal, mask);
  }

  /// Columns that a critical row keeps.
  std::set<std::uint16_t> needed() const {
    std::set<std::uint16_t> columns;
    for (std::uint32_t row = 0; row < kTokens; ++row) {
      if (distance[row] == 0) columns.insert(kept[row].begin(), kept[row].end());
    }
    return columns;
  }
  std::uint32_t critical_rows() const {
    return static_cast<std::uint32_t>(std::count(distance.begin(), distance.end(), 0));
  }

 private:
  void fill(EngineBench& bench, std::uint16_t slot, bool dense, bool causal, const std::vector<std::uint8_t>& mask) {
    command.work.head = slot;
    command.slot = slot;
    command.causal = causal;
    command.windows = static_cast<std::uint32_t>(records.size());
    command.tokens = kTokens;
    command.width = kWidth;
    command.head_width = kHeadWidth;
    command.mask_stride = kMaskStride;
    command.x = bench.reserve(kTokens * kWidth);
    command.mask = dense ? kNoAddress : bench.place(mask);
    command.representative = dense ? kNoAddress : bench.place(distance);
    command.keys = bench.reserve(kTokens * kHeadWidth);
    command.values = bench.reserve(kTokens * kHeadWidth);
    command.z = bench.place(z);
    command.scratch_stride = static_cast<std::uint32_t>(EngineScratch(kTokens, kHeadWidth, 0, false).bytes);
    command.workers = EngineConfig{}.windows_in_flight;
    command.scratch = bench.reserve(command.workers * command.scratch_stride);
  }
};

std::vector<CommandRecorder<MatrixCommand>::Entry> entries_of(const EngineBench& bench, MatrixKind kind,
                                                              std::uint16_t head) {
  std::vector<CommandRecorder<MatrixCommand>::Entry> entries;
  for (const auto& entry : bench.mac_array.entries) {
    if (entry.record.kind == kind && entry.record.work.head == head) entries.push_back(entry);
  }
  return entries;
}

std::uint32_t rows_of(const std::vector<CommandRecorder<MatrixCommand>::Entry>& entries) {
  return std::accumulate(entries.begin(), entries.end(), 0u,
                         [](std::uint32_t sum, const auto& entry) { return sum + entry.record.rows; });
}

/// What must hold of every head, whatever its mask.
void check(EngineBench& bench, const Head& head) {
  const std::uint16_t slot = head.command.slot;
  const auto generated = entries_of(bench, MatrixKind::kKeyValue, slot);
  const auto queries = entries_of(bench, MatrixKind::kQuery, slot);
  const auto scores = entries_of(bench, MatrixKind::kScore, slot);
  const auto contexts = entries_of(bench, MatrixKind::kContext, slot);
  CHECK(rows_of(generated) == head.needed().size());
  for (const auto& entry : generated) CHECK(entry.record.rows <= kGenerateColumns);
  for (const auto& group : {queries, scores, contexts}) {
    CHECK(rows_of(group) == head.critical_rows());
    for (const auto& entry : group) CHECK(entry.record.rows <= kAttendRows);
  }
  // Scores wait for all keys generated up to their window, and no key buffer row is read before it is written.
  for (const auto& score : scores) {
    std::uint32_t ready = 0;
    for (const auto& entry : generated) {
      if (entry.completion <= score.arrival) ready += entry.record.rows;
    }
    CHECK(score.record.keys >= 1);
    CHECK(score.record.keys <= head.needed().size());
    CHECK(ready >= 1);
  }
}

void check_ledger(const EngineBench& bench) {
  const StateCycles totals = bench.engine.ledger().totals();
  const std::uint64_t cycles = bench.clock.cycle(sc_core::sc_time_stamp());
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == cycles * bench.engine.ledger().units());
}

}  // namespace

TEST_CASE("Needed columns are generated once, critical rows attended once, similar rows copied") {
  EngineBench bench;
  const Head head(bench, 1, 2);
  REQUIRE(head.needed().size() == kTokens);
  REQUIRE(head.critical_rows() < kTokens);
  bench.send(0, head.command);
  bench.send_windows(10, head.records);
  bench.run();
  CHECK(bench.outcomes[0].status == tlm::TLM_OK_RESPONSE);
  check(bench, head);
  const auto z = bench.fetch<std::uint8_t>(head.command.z, head.z.size());
  for (std::uint32_t row = 0; row < kTokens; ++row) {
    const std::uint32_t source = row - head.distance[row];
    CHECK(std::equal(z.begin() + row * kHeadWidth, z.begin() + (row + 1) * kHeadWidth,
                     head.z.begin() + source * kHeadWidth));
  }
  check_ledger(bench);
}

TEST_CASE("A head completes with its last window's last operation") {
  EngineBench bench;
  const Head head(bench, 2, 0);
  bench.send(0, head.command);
  bench.send_windows(10, head.records);
  bench.run();
  std::uint64_t last = 0;
  for (const auto& entry : bench.vector_unit.entries) last = std::max(last, entry.completion);
  CHECK(bench.outcomes[0].cycle >= last);
}

TEST_CASE("A dense head attends every row to every column, a causal one to those before it") {
  EngineBench bench;
  const Head dense(bench, 3, 0, true, false, 64), causal(bench, 4, 1, true, true, 64);
  bench.send(0, dense.command);
  bench.send(0, causal.command);
  bench.send_windows(10, dense.records);
  bench.send_windows(10, causal.records);
  bench.run();
  check(bench, dense);
  check(bench, causal);
  std::uint64_t dense_entries = 0, causal_entries = 0;
  for (const auto& entry : bench.vector_unit.entries) {
    if (entry.record.kind != VectorKind::kSoftmax) continue;
    (entry.record.work.head == 0 ? dense_entries : causal_entries) += entry.record.width;
  }
  CHECK(dense_entries == kTokens * kTokens);
  CHECK(causal_entries == kTokens * (kTokens + 1) / 2);
}

TEST_CASE("The lists name each kept column by its row in the key buffer") {
  EngineConfig config;
  config.windows_in_flight = 1;  // one scratch: its lists stay those of the last item
  EngineBench bench(config);
  Head head(bench, 5, 0, false, true);
  head.command.workers = 1;
  bench.send(0, head.command);
  bench.send_windows(10, head.records);
  bench.run();
  // Keys are numbered in the order in which rows need their columns first.
  std::vector<int> key(kTokens, -1);
  int next = 0;
  Keys rows;
  for (std::uint32_t row = 0; row < kTokens; ++row) {
    if (head.distance[row] != 0) continue;
    rows.push_back(static_cast<std::uint16_t>(row));
    for (std::uint16_t column : head.kept[row]) {
      if (key[column] < 0) key[column] = next++;
    }
  }
  const std::uint32_t last_window = (kTokens - 1) / kWindow * kWindow;
  rows.erase(rows.begin(), std::lower_bound(rows.begin(), rows.end(), last_window));
  Keys expected;
  std::vector<std::uint32_t> pointers{0};
  for (std::uint16_t row : rows) {
    for (std::uint16_t column : head.kept[row]) expected.push_back(static_cast<std::uint16_t>(key[column]));
    pointers.push_back(static_cast<std::uint32_t>(expected.size()));
  }
  const std::uint64_t lists = head.command.scratch + EngineScratch(kTokens, kHeadWidth, 0, false).lists;
  CHECK(bench.fetch<std::uint32_t>(lists, pointers.size()) == pointers);
  CHECK(bench.fetch<std::uint16_t>(lists + pointers.size() * 4, expected.size()) == expected);
}

TEST_CASE("Scores wait for every generation before their window") {
  EngineBench bench({}, 400);
  const Head head(bench, 6, 0);
  bench.send(0, head.command);
  bench.send_windows(10, {head.records.begin(), head.records.end()});
  bench.run();
  const auto generated = entries_of(bench, MatrixKind::kKeyValue, 0);
  for (const auto& score : entries_of(bench, MatrixKind::kScore, 0)) {
    std::set<std::uint16_t> columns;
    for (std::uint32_t row = 0; row < std::min(kTokens, (score.record.work.window + 1u) * kWindow); ++row) {
      if (head.distance[row] == 0) columns.insert(head.kept[row].begin(), head.kept[row].end());
    }
    std::uint32_t ready = 0;
    for (const auto& entry : generated) {
      if (entry.completion <= score.arrival) ready += entry.record.rows;
    }
    CHECK(ready >= columns.size());
  }
}

TEST_CASE("Two heads are in work at the same time") {
  EngineBench bench;
  const Head first(bench, 7, 0), second(bench, 8, 1);
  bench.send(0, first.command);
  bench.send(0, second.command);
  bench.send_windows(10, first.records);
  bench.send_windows(10, second.records);
  bench.run();
  check(bench, first);
  check(bench, second);
  CHECK(entries_of(bench, MatrixKind::kQuery, 1).front().arrival <
        entries_of(bench, MatrixKind::kContext, 0).back().completion);
  check_ledger(bench);
}

TEST_CASE("Windows that come before their head wait for it") {
  EngineBench bench;
  const Head head(bench, 9, 3);
  bench.send_windows(0, head.records);
  bench.send(500, head.command);
  bench.run();
  CHECK(bench.outcomes[0].status == tlm::TLM_OK_RESPONSE);
  for (const auto& entry : bench.mac_array.entries) CHECK(entry.arrival >= 500);
  check(bench, head);
}

TEST_CASE("Only workers that have scratch work, and one is enough") {
  EngineBench bench;
  Head head(bench, 10, 0);
  head.command.workers = 1;
  bench.send(0, head.command);
  bench.send_windows(10, head.records);
  bench.run();
  CHECK(bench.outcomes[0].status == tlm::TLM_OK_RESPONSE);
  check(bench, head);
  for (std::size_t i = 1; i < bench.mac_array.entries.size(); ++i) {
    CHECK(bench.mac_array.entries[i].arrival >= bench.mac_array.entries[i - 1].completion);
  }
  check_ledger(bench);
}

}  // namespace esact
