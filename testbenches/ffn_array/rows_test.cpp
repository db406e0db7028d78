#include <catch2/catch.hpp>

#include "ffn_array/bench.h"

namespace esact {
namespace {

/// Checks the lists of a block against those of `roots` and `distances`.
void check_lists(FfnArrayBench& bench, const FfnCommand& block, const std::vector<std::uint8_t>& roots,
                 const std::vector<std::vector<std::uint8_t>>& distances) {
  const BlockLists lists{block.lists, block.rows, block.heads};
  const Rows computed = computing_rows(roots);
  CHECK(bench.fetch<std::uint16_t>(lists.computed_rows(), computed.size()) == computed);
  CHECK(bench.fetch<std::uint16_t>(lists.increment_row(), block.rows) == source_indices(roots));
  std::vector<std::uint32_t> tokens;
  for (const std::uint16_t row : computed) tokens.push_back(block.first_token + row);
  CHECK(bench.fetch<std::uint32_t>(lists.tokens(), tokens.size()) == tokens);
  for (std::uint32_t head = 0; head < distances.size(); ++head) {
    CAPTURE(head);
    const Rows critical = computing_rows(distances[head]);
    CHECK(bench.fetch<std::uint16_t>(lists.critical_rows(head), critical.size()) == critical);
    CHECK(bench.fetch<std::uint16_t>(lists.partial_row(head), block.rows) == source_indices(distances[head]));
  }
}

TEST_CASE("Rows: an example by hand") {
  FfnArrayBench bench;
  const FfnCommand block = bench.rows(1, {0, 0, 1, 2, 0}, {{0, 1, 2, 0, 1}});
  bench.send(0, block);
  bench.run();
  CHECK(bench.outcomes[0].status == tlm::TLM_OK_RESPONSE);
  const BlockLists lists{block.lists, 5, 1};
  CHECK(bench.fetch<std::uint16_t>(lists.computed_rows(), 3) == Rows{0, 1, 4});
  CHECK(bench.fetch<std::uint16_t>(lists.increment_row(), 5) == Rows{0, 1, 1, 1, 2});
  CHECK(bench.fetch<std::uint16_t>(lists.critical_rows(0), 2) == Rows{0, 3});
  CHECK(bench.fetch<std::uint16_t>(lists.partial_row(0), 5) == Rows{0, 0, 0, 1, 1});
  CHECK(bench.fetch<std::uint32_t>(lists.tokens(), 3) == std::vector<std::uint32_t>{700, 701, 704});
  CHECK(bench.mac_array.entries.empty());
  CHECK(bench.vector_unit.entries.empty());
}

TEST_CASE("Rows: random blocks") {
  struct Case {
    std::uint32_t rows;
    std::uint32_t heads;
    int share;
  };
  const Case cases[] = {{1, 1, 8}, {8, 2, 4}, {31, 4, 2}, {64, 3, 6}, {128, 12, 8}, {255, 2, 0}};
  FfnArrayBench bench;
  std::vector<FfnCommand> blocks;
  std::vector<std::vector<std::uint8_t>> roots;
  std::vector<std::vector<std::vector<std::uint8_t>>> distances;
  for (const Case& entry : cases) {
    const unsigned seed = 100 * static_cast<unsigned>(blocks.size());
    roots.push_back(random_distances(entry.rows, entry.share, seed));
    distances.emplace_back();
    for (std::uint32_t head = 0; head < entry.heads; ++head) {
      distances.back().push_back(random_distances(entry.rows, entry.share, seed + 2 + 2 * head));
    }
    blocks.push_back(bench.rows(entry.heads, roots.back(), distances.back()));
    bench.send(0, blocks.back());
  }
  bench.run();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    CAPTURE(i);
    check_lists(bench, blocks[i], roots[i], distances[i]);
  }
}

}  // namespace
}  // namespace esact
