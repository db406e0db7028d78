#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "ffn_array/bench.h"

namespace esact {
namespace {

using Rows = std::vector<std::uint16_t>;
using Distances = std::vector<std::uint8_t>;

/// Rows that compute, ascending.
Rows computing_rows(const Distances& distance) {
  Rows rows;
  for (std::size_t row = 0; row < distance.size(); ++row) {
    if (distance[row] == 0) rows.push_back(static_cast<std::uint16_t>(row));
  }
  return rows;
}

/// Per row: how many rows that compute lie before the one whose result it takes.
Rows source_indices(const Distances& distance) {
  Rows indices;
  for (std::size_t row = 0; row < distance.size(); ++row) {
    std::size_t source = row;
    while (distance[source] != 0) source -= distance[source];
    const auto before = distance.begin() + static_cast<std::ptrdiff_t>(source);
    indices.push_back(static_cast<std::uint16_t>(std::count(distance.begin(), before, 0)));
  }
  return indices;
}

/// About `share` in 8 rows take the result of one at most 7 before, which may take another's.
Distances random_distances(std::size_t rows, int share, unsigned seed) {
  const auto draw = random_values<int>(rows, 0, 7, seed);
  auto distance = random_values<std::uint8_t>(rows, 1, 7, seed + 1);
  for (std::size_t row = 0; row < rows; ++row) {
    if (draw[row] >= share || distance[row] > row) distance[row] = 0;
  }
  return distance;
}

/// Commands for a block of rows of a layer, and where what they need and write lies.
struct Block {
  Distances roots;
  std::vector<Distances> representatives;
  ProjectionLists projection;
  FfnLists ffn;
  FfnCommand projection_rows, ffn_rows;
  std::uint64_t guard = 0;  ///< address of what lies behind the lists

  Block(FfnArrayBench& bench, std::uint32_t rows, std::uint32_t heads, int share)
      : roots(random_distances(rows, share, rows)) {
    Distances bytes;
    for (std::uint32_t head = 0; head < heads; ++head) {
      representatives.push_back(random_distances(rows, share, rows + 10 * (head + 1)));
      bytes.insert(bytes.end(), representatives.back().begin(), representatives.back().end());
    }
    projection = {0, rows, heads};
    projection.address = bench.reserve(projection.bytes());
    ffn = {0, rows};
    ffn.address = bench.reserve(ffn.bytes());
    guard = bench.place(Distances(64, 0x5a));
    FfnCommand command;
    command.work = {3, 1, 0, 2};
    command.rows = rows;
    command.heads = static_cast<std::uint16_t>(heads);
    command.first_token = 70000;
    command.workers = 3;
    projection_rows = ffn_rows = command;
    projection_rows.kind = FfnKind::kProjectionRows;
    projection_rows.representative = bench.place(bytes);
    projection_rows.lists = projection.address;
    ffn_rows.kind = FfnKind::kFfnRows;
    ffn_rows.root = bench.place(roots);
    ffn_rows.lists = ffn.address;
  }

  void check(FfnArrayBench& bench) const {
    const Rows computed = computing_rows(roots);
    CHECK(bench.fetch<std::uint16_t>(ffn.computed_rows(), computed.size()) == computed);
    CHECK(bench.fetch<std::uint16_t>(ffn.increment_row(), roots.size()) == source_indices(roots));
    std::vector<std::uint32_t> tokens(computed.begin(), computed.end());
    for (std::uint32_t& token : tokens) token += ffn_rows.first_token;
    CHECK(bench.fetch<std::uint32_t>(ffn.tokens(), tokens.size()) == tokens);
    Rows counts;
    for (std::uint32_t head = 0; head < representatives.size(); ++head) {
      CAPTURE(head);
      const Rows critical = computing_rows(representatives[head]);
      counts.push_back(static_cast<std::uint16_t>(critical.size()));
      CHECK(bench.fetch<std::uint16_t>(projection.critical_rows(head), critical.size()) == critical);
      CHECK(bench.fetch<std::uint16_t>(projection.partial_row(head), roots.size()) ==
            source_indices(representatives[head]));
    }
    CHECK(bench.fetch<std::uint16_t>(projection.counts(), counts.size()) == counts);
    CHECK(bench.fetch<std::uint8_t>(guard, 64) == Distances(64, 0x5a));
  }
};

TEST_CASE("Rows: by hand") {
  FfnArrayBench bench;
  FfnCommand block;
  block.kind = FfnKind::kFfnRows;
  block.rows = 5;
  block.heads = 1;
  block.first_token = 700;
  block.root = bench.place(Distances{0, 0, 1, 2, 0});
  const FfnLists ffn{bench.reserve(FfnLists{0, 5}.bytes()), 5};
  block.lists = ffn.address;
  bench.send(0, block);
  const ProjectionLists projection{bench.reserve(ProjectionLists{0, 5, 1}.bytes()), 5, 1};
  block.kind = FfnKind::kProjectionRows;
  block.representative = bench.place(Distances{0, 1, 1, 0, 1});
  block.lists = projection.address;
  bench.send(0, block);
  bench.run();
  CHECK(bench.fetch<std::uint16_t>(ffn.computed_rows(), 3) == Rows{0, 1, 4});
  CHECK(bench.fetch<std::uint16_t>(ffn.increment_row(), 5) == Rows{0, 1, 1, 1, 2});
  CHECK(bench.fetch<std::uint32_t>(ffn.tokens(), 3) == std::vector<std::uint32_t>{700, 701, 704});
  CHECK(bench.fetch<std::uint16_t>(projection.counts(), 1) == Rows{2});
  CHECK(bench.fetch<std::uint16_t>(projection.critical_rows(0), 2) == Rows{0, 3});
  CHECK(bench.fetch<std::uint16_t>(projection.partial_row(0), 5) == Rows{0, 0, 0, 1, 1});
}

/// Blocks of many sizes, at the same time.
void check_random_blocks(const TlmConfig& tlm) {
  struct Case {
    std::uint32_t rows;
    std::uint32_t heads;
    int share;  ///< of rows that take another's result, in eighths
  };
  const Case cases[] = {{1, 1, 8},  {8, 2, 4},    {31, 3, 2},  {64, 4, 6},  {64, 3, 6},
                        {77, 2, 5}, {128, 12, 8}, {255, 2, 0}, {300, 2, 5}, {16, 1, 7}};
  FfnArrayBench bench({}, tlm);
  std::vector<Block> blocks;
  for (const Case& entry : cases) {
    blocks.emplace_back(bench, entry.rows, entry.heads, entry.share);
    bench.send(0, blocks.back().projection_rows);
    bench.send(0, blocks.back().ffn_rows);
  }
  bench.run();
  for (std::size_t index = 0; index < blocks.size(); ++index) {
    CAPTURE(index);
    CHECK(bench.outcomes[2 * index].status == tlm::TLM_OK_RESPONSE);
    CHECK(bench.outcomes[2 * index + 1].status == tlm::TLM_OK_RESPONSE);
    blocks[index].check(bench);
  }
  CHECK(bench.mac_array.entries.empty());
  CHECK(bench.vector_unit.entries.empty());
}

TEST_CASE("Rows: random blocks") {
  check_random_blocks({});
}
TEST_CASE("Rows: random blocks in approximate mode with stalls") {
  TlmConfig tlm;
  tlm.mode = TlmMode::kApproximate;
  tlm.stall_permille = 200;
  check_random_blocks(tlm);
}

/// A tile of 48 columns from column 128 on of a block of 40 rows, whose products read [depth] and write at fixed
/// places.
FfnCommand tile_of(const Block& block, FfnKind kind, std::uint32_t depth) {
  const bool output = kind == FfnKind::kOutput;
  FfnCommand tile = output ? block.projection_rows : block.ffn_rows;
  tile.kind = kind;
  tile.reuse = output;
  tile.computed_rows = static_cast<std::uint32_t>(computing_rows(block.roots).size());
  tile.depth = depth;
  tile.columns = 48;
  tile.first_column = 128;
  tile.a = {0x20000, 0x800, depth, 16};
  tile.weights = {0x40000, 0, 48, 48};
  tile.out = 0x60000;
  tile.bias = 0x61000;
  tile.hidden_scale = {0x62000, 0x63000};
  tile.y_scale = {0x64000, 0x65000};
  tile.table = 0x66000;
  tile.scratch = 0x70000;
  tile.scratch_stride = 0x4000;
  return tile;
}

TEST_CASE("FFN1: every operand of its commands") {
  FfnArrayBench bench;
  const Block block(bench, 40, 2, 4);
  const FfnCommand tile = tile_of(block, FfnKind::kFfn1, 96);
  bench.send(0, block.ffn_rows);
  bench.send(5000, tile);
  bench.run();
  REQUIRE(bench.mac_array.entries.size() == 1);
  REQUIRE(bench.vector_unit.entries.size() == 1);
  const MatrixCommand& product = bench.mac_array.entries[0].record;
  CHECK(product.work.layer == 3);
  CHECK(product.work.window == 2);
  CHECK(product.depth == 96);
  CHECK(product.columns == 48);
  CHECK(product.a.address == tile.a.address);
  CHECK(product.b.address == tile.weights.address);
  CHECK(product.c >= tile.scratch);
  CHECK(product.c < tile.scratch + 3 * tile.scratch_stride);
  const VectorCommand& activate = bench.vector_unit.entries[0].record;
  CHECK(activate.width == 48);
  CHECK(activate.first_column == 128);
  CHECK(activate.bias == tile.bias);
  CHECK(activate.scale.multiplier == tile.hidden_scale.multiplier);
  CHECK(activate.scale.shift == tile.hidden_scale.shift);
  CHECK(activate.scale2.multiplier == tile.y_scale.multiplier);
  CHECK(activate.scale2.shift == tile.y_scale.shift);
  CHECK(activate.table == tile.table);
  CHECK(activate.out.columns == 48);
  CHECK(activate.out.panel_columns == 48);
  CHECK(bench.outcomes[1].cycle >= bench.vector_unit.entries[0].completion);
}

TEST_CASE("FFN2: only passes after the first accumulate") {
  FfnArrayBench bench;
  const Block block(bench, 40, 2, 4);
  FfnCommand tile = tile_of(block, FfnKind::kFfn2, 1024);
  bench.send(0, block.ffn_rows);
  bench.send(5000, tile);
  tile.accumulate = 1;
  bench.send(6000, tile);
  bench.run();
  REQUIRE(bench.mac_array.entries.size() == 2);
  CHECK(bench.vector_unit.entries.empty());
  for (const std::size_t pass : {0, 1}) {
    const MatrixCommand& product = bench.mac_array.entries[pass].record;
    CHECK(product.accumulate == pass);
    CHECK(product.rows == computing_rows(block.roots).size());
    CHECK(product.depth == 1024);
    CHECK(product.a.panel_columns == tile.a.panel_columns);
    CHECK(product.a.panel_stride == tile.a.panel_stride);
  }
}

TEST_CASE("One worker has one tile in work, and every cycle is on the time sheet") {
  FfnArrayBench bench;
  Block block(bench, 40, 2, 4);
  block.projection_rows.workers = 1;
  bench.send(0, block.projection_rows);
  for (int tile = 0; tile < 4; ++tile) bench.send(5000, tile_of(block, FfnKind::kOutput, 32));
  bench.run();
  REQUIRE(bench.mac_array.entries.size() == 8);
  REQUIRE(bench.vector_unit.entries.size() == 8);
  for (std::size_t index = 0; index < 8; ++index) {
    const auto& product = bench.mac_array.entries[index];
    const auto& scatter = bench.vector_unit.entries[index];
    CHECK(product.record.c == 0x70000);
    CHECK(product.record.work.head == index % 2);
    CHECK(scatter.record.clear == (index % 2 == 0 ? 1 : 0));
    CHECK(scatter.arrival >= product.completion);
    if (index > 0) CHECK(product.arrival >= bench.vector_unit.entries[index - 1].completion);
  }
  const StateCycles totals = bench.array.ledger().totals();
  const std::uint64_t cycles = bench.clock.cycle(sc_core::sc_time_stamp());
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == 3 * cycles);
  CHECK(totals[static_cast<std::size_t>(UnitState::kArray)] == 8 * (100 + 10));
  CHECK(totals[static_cast<std::size_t>(UnitState::kIdle)] >= 2 * cycles);
}

}  // namespace
}  // namespace esact
