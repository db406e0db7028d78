#pragma once

#include "ffn_array/ffn_array.h"
#include "sparse_attention_engine/command_recorder.h"
#include "support/command_bench.h"

namespace esact {

using Rows = std::vector<std::uint16_t>;

/// An FFN array beside an SRAM, a recorder of matrix commands and one of vector commands.
class FfnArrayBench : public CommandBench<FfnCommand> {
 public:
  /// Cycle at which the work that follows kRows is sent; by then kRows has completed.
  static constexpr std::uint64_t kRowsDerived = 5000;

  explicit FfnArrayBench(const FfnArrayConfig& config = {}, const TlmConfig& tlm = {},
                         const sc_core::sc_module_name& name = "bench")
      : CommandBench(tlm, name),
        array("ffn_array", config, tlm, clock),
        mac_array("mac_array", clock),
        vector_unit("vector_unit", clock) {
    links.bind(array.memory, sram.memory);
    links.bind(array.tasks, mac_array.command);
    links.bind(array.vector, vector_unit.command);
    links.bind(sender, array.command);
  }

  /// kRows for a block with these roots; `distances`: the representatives of each head, none without reuse.
  FfnCommand rows(std::uint32_t heads, const std::vector<std::uint8_t>& roots,
                  const std::vector<std::vector<std::uint8_t>>& distances = {}) {
    FfnCommand block;
    block.kind = FfnKind::kRows;
    block.work = {3, 1, 0, 2};
    block.rows = static_cast<std::uint32_t>(roots.size());
    block.heads = static_cast<std::uint16_t>(heads);
    block.first_token = 700;
    block.root = place(roots);
    block.reuse = !distances.empty();
    block.representative_stride = block.rows + 13;
    std::vector<std::uint8_t> representatives;
    for (const auto& head : distances) {
      representatives.insert(representatives.end(), head.begin(), head.end());
      representatives.insert(representatives.end(), 13, 0xff);
    }
    if (block.reuse) block.representative = place(representatives);
    block.lists = reserve(BlockLists{0, block.rows, heads}.bytes());
    return block;
  }

  /// The work of one column tile of the block that `block` derives.
  FfnCommand tile(FfnCommand block, FfnKind kind, std::uint32_t depth, std::uint32_t columns,
                  std::uint32_t workers = 3) {
    block.kind = kind;
    block.depth = depth;
    block.columns = columns;
    block.first_column = 128;
    block.a = {reserve(std::size_t{block.rows} * depth), 0, depth, depth};
    block.weights = {reserve(std::size_t{depth} * columns), 0, columns, columns};
    block.out = reserve(std::size_t{block.rows} * columns * 4);
    block.scratch_stride = std::uint64_t{block.rows} * kTileColumns * 4;
    block.scratch = reserve(block.scratch_stride * workers);
    block.workers = workers;
    return block;
  }

  FfnArray array;
  CommandRecorder<MatrixCommand> mac_array;
  CommandRecorder<VectorCommand> vector_unit;
};

/// Rows that have distance 0, ascending.
inline Rows computing_rows(const std::vector<std::uint8_t>& distance) {
  Rows rows;
  for (std::size_t row = 0; row < distance.size(); ++row) {
    if (distance[row] == 0) rows.push_back(static_cast<std::uint16_t>(row));
  }
  return rows;
}

/// Per row: how many rows before the one whose result it takes compute.
inline Rows source_indices(const std::vector<std::uint8_t>& distance) {
  Rows indices;
  for (std::size_t row = 0; row < distance.size(); ++row) {
    std::size_t source = row;
    while (distance[source] != 0) source -= distance[source];
    indices.push_back(static_cast<std::uint16_t>(std::count(distance.begin(), distance.begin() + source, 0)));
  }
  return indices;
}

/// Distances of `rows` rows; about `share` in 8 of the rows take the result of an earlier one at most 7 before.
inline std::vector<std::uint8_t> random_distances(std::size_t rows, int share, unsigned seed) {
  const auto draw = random_values<std::uint8_t>(rows, 0, 7, seed);
  auto distance = random_values<std::uint8_t>(rows, 1, 7, seed + 1);
  for (std::size_t row = 0; row < rows; ++row) {
    if (draw[row] >= share || distance[row] > row) distance[row] = 0;
  }
  return distance;
}

}  // namespace esact
