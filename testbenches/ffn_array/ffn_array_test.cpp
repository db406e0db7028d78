#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "ffn_array/bench.h"

namespace esact {
namespace {

constexpr std::uint32_t kRows = 40;
constexpr std::uint32_t kHeads = 3;
constexpr std::uint32_t kHeadWidth = 16;

/// Distances back to the row whose result each row takes: windows of 8, sources that compute themselves.
std::vector<std::uint8_t> random_distances(unsigned seed) {
  const auto choice = random_values<std::uint8_t>(kRows, 0, 9, seed);
  std::vector<std::uint8_t> distance(kRows);
  for (std::uint32_t row = 0; row < kRows; ++row) {
    const std::uint32_t first = row / 8 * 8;
    const std::uint32_t source = first + choice[row] % 8;
    if (choice[row] < 8 && source < row && distance[source] == 0)
      distance[row] = static_cast<std::uint8_t>(row - source);
  }
  return distance;
}

/// A block of rows with its lists, as the scheduler sets it up.
struct Block {
  std::vector<std::uint8_t> roots = random_distances(1);
  std::vector<std::uint8_t> representatives[kHeads] = {random_distances(2), random_distances(3), random_distances(4)};
  ProjectionLists projection;
  FfnLists ffn;
  FfnCommand projection_rows, ffn_rows;

  explicit Block(FfnArrayBench& bench) {
    std::vector<std::uint8_t> all;
    for (const auto& head : representatives) all.insert(all.end(), head.begin(), head.end());
    projection = {bench.reserve(ProjectionLists{0, kRows, kHeads}.bytes()), kRows, kHeads};
    ffn = {bench.reserve(FfnLists{0, kRows}.bytes()), kRows};
    FfnCommand command;
    command.heads = kHeads;
    command.rows = kRows;
    command.first_token = 1000;
    command.scratch = 0x1000000;
    command.scratch_stride = 0x10000;
    command.workers = FfnArrayConfig{}.tiles_in_flight;
    projection_rows = ffn_rows = command;
    projection_rows.kind = FfnKind::kProjectionRows;
    projection_rows.representative = bench.place(all);
    projection_rows.lists = projection.address;
    ffn_rows.kind = FfnKind::kFfnRows;
    ffn_rows.root = bench.place(roots);
    ffn_rows.lists = ffn.address;
  }

  FfnCommand tile(FfnKind kind, std::uint32_t depth) const {
    FfnCommand tile = kind == FfnKind::kOutput ? projection_rows : ffn_rows;
    tile.kind = kind;
    tile.computed_rows = static_cast<std::uint32_t>(std::count(roots.begin(), roots.end(), 0));
    tile.depth = depth;
    tile.columns = 64;
    tile.a = {0x20000, kRows * kHeadWidth, kHeads * kHeadWidth, kHeadWidth};
    tile.weights = {0x40000, 0, 64, 64};
    tile.out = 0x60000;
    return tile;
  }
};

std::vector<std::uint16_t> computing(const std::vector<std::uint8_t>& distance) {
  std::vector<std::uint16_t> rows;
  for (std::size_t row = 0; row < distance.size(); ++row) {
    if (distance[row] == 0) rows.push_back(static_cast<std::uint16_t>(row));
  }
  return rows;
}

std::vector<std::uint16_t> sources(const std::vector<std::uint8_t>& distance) {
  const std::vector<std::uint16_t> rows = computing(distance);
  std::vector<std::uint16_t> list;
  for (std::size_t row = 0; row < distance.size(); ++row) {
    const auto found = std::find(rows.begin(), rows.end(), row - distance[row]);
    list.push_back(static_cast<std::uint16_t>(found - rows.begin()));
  }
  return list;
}

void check_ledger(const FfnArrayBench& bench) {
  const StateCycles totals = bench.array.ledger().totals();
  const std::uint64_t cycles = bench.clock.cycle(sc_core::sc_time_stamp());
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == cycles * bench.array.ledger().units());
}

}  // namespace

TEST_CASE("Who computes and who takes whose result is derived for roots and for every head") {
  FfnArrayBench bench;
  const Block block(bench);
  bench.send(0, block.projection_rows);
  bench.send(0, block.ffn_rows);
  bench.run();
  const std::vector<std::uint16_t> computed = computing(block.roots);
  REQUIRE(computed.size() > 5);
  REQUIRE(computed.size() < kRows);
  CHECK(bench.fetch<std::uint16_t>(block.ffn.computed_rows(), computed.size()) == computed);
  CHECK(bench.fetch<std::uint16_t>(block.ffn.increment_row(), kRows) == sources(block.roots));
  const auto tokens = bench.fetch<std::uint32_t>(block.ffn.tokens(), computed.size());
  for (std::size_t i = 0; i < computed.size(); ++i) CHECK(tokens[i] == 1000u + computed[i]);
  for (std::uint32_t head = 0; head < kHeads; ++head) {
    const std::vector<std::uint16_t> critical = computing(block.representatives[head]);
    CHECK(bench.fetch<std::uint16_t>(block.projection.critical_rows(head), critical.size()) == critical);
    CHECK(bench.fetch<std::uint16_t>(block.projection.partial_row(head), kRows) ==
          sources(block.representatives[head]));
  }
  check_ledger(bench);
}

TEST_CASE("An output tile without reuse is one matrix command over the panels of all heads") {
  FfnArrayBench bench;
  const Block block(bench);
  bench.send(0, block.tile(FfnKind::kOutput, kHeads * kHeadWidth));
  bench.run();
  REQUIRE(bench.mac_array.entries.size() == 1);
  CHECK(bench.vector_unit.entries.empty());
  const MatrixCommand& product = bench.mac_array.entries[0].record;
  CHECK(product.kind == MatrixKind::kOutput);
  CHECK(product.rows == kRows);
  CHECK(product.depth == kHeads * kHeadWidth);
  CHECK(product.row_list == kNoAddress);
  CHECK(product.a.panel_columns == kHeadWidth);
  CHECK(product.c == 0x60000);
}

TEST_CASE(
    "An output tile with reuse multiplies each head's critical rows and scatters them, the first scatter clears") {
  FfnArrayBench bench;
  const Block block(bench);
  FfnCommand tile = block.tile(FfnKind::kOutput, kHeads * kHeadWidth);
  tile.reuse = 1;
  bench.send(0, block.projection_rows);
  bench.send(1000, tile);
  bench.run();
  REQUIRE(bench.mac_array.entries.size() == kHeads);
  REQUIRE(bench.vector_unit.entries.size() == kHeads);
  for (std::uint32_t head = 0; head < kHeads; ++head) {
    const MatrixCommand& product = bench.mac_array.entries[head].record;
    CHECK(product.rows == computing(block.representatives[head]).size());
    CHECK(product.depth == kHeadWidth);
    CHECK(product.row_list == block.projection.critical_rows(head));
    CHECK(product.a.address == 0x20000 + head * kRows * kHeadWidth);
    CHECK(product.b.address == 0x40000 + head * kHeadWidth * 64);
    const VectorCommand& scatter = bench.vector_unit.entries[head].record;
    CHECK(scatter.kind == VectorKind::kScatterAdd);
    CHECK(scatter.rows == kRows);
    CHECK(scatter.partial_rows == product.rows);
    CHECK(scatter.in == product.c);
    CHECK(scatter.row_list == block.projection.partial_row(head));
    CHECK(scatter.h_out == 0x60000);
    CHECK(scatter.clear == (head == 0 ? 1 : 0));
    CHECK(bench.vector_unit.entries[head].arrival >= bench.mac_array.entries[head].completion);
  }
  check_ledger(bench);
}

TEST_CASE(
    "FFN1 multiplies the computed rows and activates them, FFN2 takes the compact rows and accumulates on demand") {
  FfnArrayBench bench;
  const Block block(bench);
  const std::size_t computed = computing(block.roots).size();
  FfnCommand second = block.tile(FfnKind::kFfn2, 128);
  second.accumulate = 1;
  bench.send(0, block.ffn_rows);
  bench.send(1000, block.tile(FfnKind::kFfn1, kHeads * kHeadWidth));
  bench.send(2000, second);
  bench.run();
  REQUIRE(bench.mac_array.entries.size() == 2);
  REQUIRE(bench.vector_unit.entries.size() == 1);
  const MatrixCommand& first_product = bench.mac_array.entries[0].record;
  CHECK(first_product.kind == MatrixKind::kFfn1);
  CHECK(first_product.rows == computed);
  CHECK(first_product.row_list == block.ffn.computed_rows());
  CHECK(first_product.accumulate == 0);
  const VectorCommand& activate = bench.vector_unit.entries[0].record;
  CHECK(activate.kind == VectorKind::kActivate);
  CHECK(activate.rows == computed);
  CHECK(activate.in == first_product.c);
  CHECK(activate.out.address == 0x60000);
  CHECK(activate.tokens == block.ffn.tokens());
  const MatrixCommand& second_product = bench.mac_array.entries[1].record;
  CHECK(second_product.kind == MatrixKind::kFfn2);
  CHECK(second_product.rows == computed);
  CHECK(second_product.row_list == kNoAddress);
  CHECK(second_product.accumulate == 1);
  CHECK(second_product.c == 0x60000);
}

TEST_CASE("Where every row computes, FFN1 needs no row list") {
  FfnArrayBench bench;
  Block block(bench);
  block.roots.assign(kRows, 0);
  block.ffn_rows.root = kNoAddress;
  bench.send(0, block.ffn_rows);
  bench.send(1000, block.tile(FfnKind::kFfn1, kHeads * kHeadWidth));
  bench.run();
  REQUIRE(bench.mac_array.entries.size() == 1);
  CHECK(bench.mac_array.entries[0].record.rows == kRows);
  CHECK(bench.mac_array.entries[0].record.row_list == kNoAddress);
}

TEST_CASE("Tiles are worked on at the same time, as many as have scratch, each in a scratch of its own") {
  FfnArrayBench bench;
  Block block(bench);
  block.ffn_rows.workers = 2;
  bench.send(0, block.ffn_rows);
  for (int tile = 0; tile < 5; ++tile) bench.send(1000, block.tile(FfnKind::kFfn1, 48));
  bench.run();
  REQUIRE(bench.mac_array.entries.size() == 5);
  CHECK(bench.mac_array.entries[1].arrival == bench.mac_array.entries[0].arrival);
  CHECK(bench.mac_array.entries[2].arrival >= bench.mac_array.entries[0].completion);
  for (std::size_t i = 0; i < 5; ++i) {
    const std::uint64_t scratch = bench.mac_array.entries[i].record.c;
    CHECK((scratch == 0x1000000 || scratch == 0x1010000));
  }
  check_ledger(bench);
}

}  // namespace esact
