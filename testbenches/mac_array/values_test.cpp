#include <catch2/catch.hpp>

#include "mac_array/bench.h"

namespace esact {
namespace {

/// A sent command and the C it must give.
struct Expected {
  std::size_t sent;
  std::uint64_t address;
  std::vector<std::int32_t> c;
};

/// Sends commands of every kind whose results direct loops know, and compares at the end.
class ValuesBench : public MacArrayBench {
 public:
  using MacArrayBench::MacArrayBench;

  /// A in panels of `a_panel` columns with gaps, its rows gathered by `row_list`; B in panels of `b_panel`.
  void project(MatrixKind kind, std::uint32_t depth, std::uint32_t columns, std::uint32_t a_panel,
               std::uint32_t b_panel, const std::vector<std::uint16_t>& row_list, bool accumulate) {
    constexpr std::uint32_t kARows = 40;
    MatrixCommand command = projection(static_cast<std::uint32_t>(row_list.size()), depth, columns, kind);
    const auto a = random_values<std::int8_t>(kARows * depth, -128, 127, depth);
    const auto b = random_values<std::int8_t>(depth * columns, -128, 127, columns);
    command.a = place_panels(a, kARows, depth, a_panel);
    command.b = place_panels(b, depth, columns, b_panel);
    command.row_list = place(row_list);
    command.accumulate = accumulate;
    auto c = previous(row_list.size() * columns, accumulate, command);
    for (std::size_t row = 0; row < row_list.size(); ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        for (std::size_t i = 0; i < depth; ++i) {
          c[row * columns + column] += a[row_list[row] * depth + i] * b[i * columns + column];
        }
      }
    }
    expected_.push_back({send(sent_++, command), command.c, c});
  }

  /// Every `step`-th key is kept.
  void attend(MatrixKind kind, std::uint32_t width, std::uint32_t rows, std::uint32_t keys, std::uint32_t step,
              bool accumulate) {
    std::vector<std::uint32_t> row_pointers{0};
    std::vector<std::uint16_t> columns;
    for (std::uint32_t row = 0; row < rows; ++row) {
      for (std::uint32_t key = row % step; key < keys; key += step) columns.push_back(static_cast<std::uint16_t>(key));
      row_pointers.push_back(static_cast<std::uint32_t>(columns.size()));
    }
    const bool score = kind == MatrixKind::kScore;
    MatrixCommand command = attention(kind, width, keys, row_pointers, columns);
    const auto a = random_values<std::uint8_t>(score ? rows * width : columns.size(), 0, 255, width);
    const auto b = random_values<std::int8_t>(keys * width, -128, 127, width + 1);
    command.a.address = place(a);
    command.b.address = place(b);
    command.accumulate = accumulate;
    auto c = previous(score ? columns.size() : rows * width, accumulate, command);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t entry = row_pointers[row]; entry < row_pointers[row + 1]; ++entry) {
        for (std::size_t i = 0; i < width; ++i) {
          const std::int8_t value = b[columns[entry] * width + i];
          if (score) c[entry] += static_cast<std::int8_t>(a[row * width + i]) * value;
          if (!score) c[row * width + i] += a[entry] * value;
        }
      }
    }
    expected_.push_back({send(sent_++, command), command.c, c});
  }

  void check() {
    run();
    REQUIRE(!expected_.empty());
    for (const Expected& expected : expected_) {
      CAPTURE(expected.sent);
      CHECK(outcomes[expected.sent].status == tlm::TLM_OK_RESPONSE);
      CHECK(fetch<std::int32_t>(expected.address, expected.c.size()) == expected.c);
    }
  }

 private:
  PanelMatrix place_panels(const std::vector<std::int8_t>& values, std::uint32_t rows, std::uint32_t columns,
                           std::uint32_t panel_columns) {
    const std::uint64_t stride = std::uint64_t{rows} * panel_columns + 64;
    std::vector<std::int8_t> panels(stride * ((columns + panel_columns - 1) / panel_columns));
    for (std::uint32_t row = 0; row < rows; ++row) {
      for (std::uint32_t column = 0; column < columns; ++column) {
        const std::uint32_t panel = column / panel_columns;
        const std::uint32_t width = std::min(panel_columns, columns - panel * panel_columns);
        panels[panel * stride + std::size_t{row} * width + column % panel_columns] = values[row * columns + column];
      }
    }
    return {place(panels), stride, columns, panel_columns};
  }

  std::vector<std::int32_t> previous(std::size_t size, bool accumulate, MatrixCommand& command) {
    auto c = random_values<std::int32_t>(size, -1000000, 1000000, 9);
    command.c = place(c);
    if (!accumulate) c.assign(size, 0);
    return c;
  }

  std::uint64_t sent_ = 0;
  std::vector<Expected> expected_;
};

constexpr std::uint32_t kHeadWidths[] = {1, 8, 32, 64, 128};

void check_all_kinds(const TlmConfig& tlm) {
  ValuesBench bench({}, tlm);
  for (const bool accumulate : {false, true}) {
    for (const std::uint32_t width : kHeadWidths) {
      const std::vector<std::uint16_t> gathered{0, 1, 2, 5, 6, 9, 39, 38, 20, 21, 22, 23, 24, 3, 3};
      bench.project(MatrixKind::kQuery, 96, width, 96, width, gathered, accumulate);
      bench.project(MatrixKind::kKeyValue, 100, 2 * width, 64, width, gathered, accumulate);
      bench.project(MatrixKind::kOutput, width, 50, width, 50, {7}, accumulate);
      bench.project(MatrixKind::kFfn1, 130, 64, width, 64, gathered, accumulate);
      for (const std::uint32_t step : {1u, 3u, 13u}) {  // from all keys to few, on both sides of the dense rule
        bench.attend(MatrixKind::kScore, width, 11, 53, step, accumulate);
        bench.attend(MatrixKind::kContext, width, 11, 53, step, accumulate);
      }
    }
    bench.project(MatrixKind::kFfn2, 1024, 64, 64, 64, {30, 31, 0}, accumulate);
  }
  bench.check();
}

TEST_CASE("Every kind gives what direct loops give, loose") {
  check_all_kinds({});
}

TEST_CASE("Every kind gives what direct loops give, approximate with injected stalls") {
  TlmConfig tlm;
  tlm.mode = TlmMode::kApproximate;
  tlm.stall_permille = 200;
  check_all_kinds(tlm);
}

TEST_CASE("Extreme operands are exact at the deepest reduction") {
  MacArrayBench bench;
  MatrixCommand command = bench.projection(1, 1024, 1);
  command.a.address = bench.place(std::vector<std::int8_t>(1024, -128));
  command.b.address = bench.place(std::vector<std::int8_t>(1024, -128));
  bench.send(0, command);
  MatrixCommand context = bench.attention(MatrixKind::kContext, 1, 1024, {1024});
  context.a.address = bench.place(std::vector<std::uint8_t>(1024, 255));
  context.b.address = bench.place(std::vector<std::int8_t>(1024, -128));
  bench.send(0, context);
  bench.run();
  CHECK(bench.fetch<std::int32_t>(command.c, 1)[0] == 1024 * 128 * 128);
  CHECK(bench.fetch<std::int32_t>(context.c, 1)[0] == -1024 * 255 * 128);
}

TEST_CASE("MACs are counted by operation as asked for") {
  MacArrayBench bench;
  bench.send(0, bench.projection(3, 10, 7, MatrixKind::kQuery));
  bench.send(0, bench.projection(5, 10, 14, MatrixKind::kKeyValue));
  bench.send(0, bench.projection(2, 8, 9, MatrixKind::kOutput));
  bench.send(0, bench.projection(4, 6, 5, MatrixKind::kFfn1));
  bench.send(0, bench.projection(4, 5, 6, MatrixKind::kFfn2));
  bench.send(0, bench.attention(MatrixKind::kScore, 7, 20, {3, 20, 1}));
  bench.send(0, bench.attention(MatrixKind::kContext, 9, 20, {5, 6}));
  bench.run();
  const std::array<std::uint64_t, kOperations> expected{210, 350, 350, 24 * 7, 11 * 9, 144, 240};
  CHECK(bench.array.counts().macs == expected);
}

TEST_CASE("Commands without rows complete, those that do not fit together are refused") {
  MacArrayBench bench;
  std::vector<std::pair<std::size_t, tlm::tlm_response_status>> expected;
  const auto send = [&](const MatrixCommand& command, tlm::tlm_response_status status) {
    expected.emplace_back(bench.send(0, command), status);
  };
  MatrixCommand command = bench.projection(0, 8, 8);
  send(command, tlm::TLM_OK_RESPONSE);
  command = bench.projection(4, 8, 8);
  command.kind = static_cast<MatrixKind>(7);
  send(command, tlm::TLM_COMMAND_ERROR_RESPONSE);
  command = bench.projection(1, 1025, 8);
  send(command, tlm::TLM_COMMAND_ERROR_RESPONSE);
  command = bench.projection(4, 8, 8);
  command.a.columns = 9;
  send(command, tlm::TLM_COMMAND_ERROR_RESPONSE);
  command = bench.projection(4, 8, 8);
  command.b.panel_columns = 0;
  send(command, tlm::TLM_COMMAND_ERROR_RESPONSE);
  send(bench.projection(4, 8, 8), tlm::TLM_OK_RESPONSE);
  bench.run();
  for (const auto& [sent, status] : expected) {
    CAPTURE(sent);
    CHECK(bench.outcomes[sent].status == status);
  }
}

TEST_CASE("Lists that make no sense are refused, and the array goes on") {
  MacArrayBench bench;
  const std::vector<std::uint32_t> rows(9, 0);
  std::vector<std::uint32_t> descending = rows;
  descending[3] = 1;
  std::vector<std::uint32_t> beyond = rows;
  beyond.back() = 1;
  std::vector<std::uint32_t> endless = rows;
  endless.back() = UINT32_MAX;
  std::vector<std::uint32_t> late = rows;
  late[0] = 1;
  for (const auto& row_pointers : {descending, beyond, endless, late}) {
    bench.send(0, bench.attention(MatrixKind::kScore, 8, 4, row_pointers, {4}));
    bench.send(0, bench.attention(MatrixKind::kContext, 8, 4, row_pointers, {4}));
  }
  const std::size_t sound = bench.send(0, bench.projection(20, 8, 8));
  bench.run();
  CHECK(bench.outcomes[sound].status == tlm::TLM_OK_RESPONSE);
  bench.outcomes.pop_back();
  for (const auto& outcome : bench.outcomes) CHECK(outcome.status == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(bench.array.counts().macs[static_cast<std::size_t>(Operation::kScore)] == 0);
}

TEST_CASE("First entries say where each row's scores go and where its weights lie") {
  const std::vector<std::uint32_t> counts{3, 0, 2, 5};
  const std::vector<std::uint32_t> first_entries{20, 4, 0, 7};
  MacArrayBench bench;
  MatrixCommand compact = bench.attention(MatrixKind::kScore, 16, 5, counts);
  bench.send(0, compact);
  MatrixCommand scattered = compact;
  scattered.first_entries = bench.place(first_entries);
  scattered.c = bench.place(std::vector<std::int32_t>(32, 77));
  bench.send(0, scattered);

  MatrixCommand context = bench.attention(MatrixKind::kContext, 16, 5, counts);
  bench.send(0, context);
  const auto weights = random_values<std::uint8_t>(10, 0, 255, 3);  // as the bench places them
  std::vector<std::uint8_t> spread(32, 0xff);
  MatrixCommand spread_context = context;
  std::uint32_t entry = 0;
  for (std::size_t row = 0; row < counts.size(); ++row) {
    for (std::uint32_t i = 0; i < counts[row]; ++i) spread[first_entries[row] + i] = weights[entry++];
  }
  spread_context.a.address = bench.place(spread);
  spread_context.first_entries = scattered.first_entries;
  spread_context.c = bench.reserve(counts.size() * 16 * 4);
  bench.send(0, spread_context);
  MatrixCommand added = scattered;
  added.accumulate = 1;
  bench.send(0, added);
  bench.run();

  const auto scores = bench.fetch<std::int32_t>(compact.c, 10);
  std::vector<std::int32_t> expected(32, 77);
  entry = 0;
  for (std::size_t row = 0; row < counts.size(); ++row) {
    for (std::uint32_t i = 0; i < counts[row]; ++i) expected[first_entries[row] + i] = scores[entry++];
  }
  CHECK(bench.fetch<std::int32_t>(scattered.c, 32) == expected);
  CHECK(bench.fetch<std::int32_t>(spread_context.c, 64) == bench.fetch<std::int32_t>(context.c, 64));
  CHECK(bench.outcomes[4].status == tlm::TLM_COMMAND_ERROR_RESPONSE);
}

}  // namespace
}  // namespace esact
