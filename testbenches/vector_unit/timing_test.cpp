#include "vector_unit/timing.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "vector_unit/bench.h"

namespace esact {
namespace {

std::uint64_t cycles(const VectorUnitBench& bench, UnitState state) {
  return bench.unit.ledger().totals()[static_cast<std::size_t>(state)];
}

/// Sends one command at cycle 0; `completed`, `busy` and `sram` as in the table of docs/vector_unit.md.
void check_alone(VectorUnitBench& bench, const VectorCommand& command, std::uint64_t completed, std::uint64_t busy,
                 std::uint64_t sram) {
  bench.send(0, command);
  bench.run();
  CHECK(bench.outcomes[0].cycle == completed);
  CHECK(cycles(bench, UnitState::kBusy) == busy);
  CHECK(cycles(bench, UnitState::kSram) == sram);
  const StateCycles totals = bench.unit.ledger().totals();
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == bench.clock.cycle(sc_core::sc_time_stamp()));
}

TEST_CASE("Passes and cycles by kind") {
  struct Case {
    VectorKind kind;
    bool norm;
    bool x;
    std::uint32_t passes;
  };
  const Case cases[] = {
      {VectorKind::kQuantise, false, true, 1},  {VectorKind::kLayerNorm, true, true, 4},
      {VectorKind::kLayerNorm, true, false, 3}, {VectorKind::kRequantise, false, true, 1},
      {VectorKind::kSoftmax, false, true, 3},   {VectorKind::kContext, false, true, 2},
      {VectorKind::kActivate, false, true, 2},  {VectorKind::kScatterAdd, false, false, 1},
      {VectorKind::kResidual, false, false, 1}, {VectorKind::kResidual, true, false, 4},
      {VectorKind::kResidual, false, true, 2},  {VectorKind::kResidual, true, true, 5},
  };
  for (const Case& entry : cases) {
    VectorCommand command;
    command.kind = entry.kind;
    if (entry.norm) command.norm.gamma = 0;
    if (entry.x) command.out.address = 0;
    CHECK(vector_unit_timing::passes(command) == entry.passes);
    CHECK(vector_unit_timing::compute_cycles({}, command, 0) == 12);
    CHECK(vector_unit_timing::compute_cycles({}, command, 64) == entry.passes + 12);
    CHECK(vector_unit_timing::compute_cycles({}, command, 65) == 2 * entry.passes + 12);
  }
}

TEST_CASE("Alone: quantise") {
  VectorUnitBench bench;
  check_alone(bench, bench.random_command(VectorKind::kQuantise, 8, 64), 24, 20, 3);
  CHECK(bench.unit.counts().vector_operations == 8 * 64);
}

TEST_CASE("Alone: softmax") {
  VectorUnitBench bench;
  check_alone(bench, bench.softmax({100, 60}), 28, 21, 6);
  CHECK(bench.unit.counts().vector_operations == 3 * 160);
}

TEST_CASE("Alone: residual of two panels with layer norm and x") {
  VectorUnitBench bench;
  VectorCommand command = bench.random_command(VectorKind::kResidual, 4, 128);
  command.acc.panel_columns = 64;
  command.acc.panel_stride = 1024;
  check_alone(bench, command, 64, 52, 11);
  CHECK(bench.unit.counts().vector_operations == 5 * 4 * 128);
}

TEST_CASE("Alone: reads that outlast the computation are charged to the sram state") {
  VectorUnitBench bench;
  bench.disturb(0, 65536);
  check_alone(bench, bench.random_command(VectorKind::kQuantise, 8, 64), 143, 20, 122);
}

TEST_CASE("Back to back: the second reads while the first is written") {
  VectorUnitBench bench;
  const VectorCommand command = bench.random_command(VectorKind::kQuantise, 8, 64);
  bench.send(0, command);
  bench.send(0, command);
  bench.run();
  CHECK(bench.outcomes[0].cycle == 31);
  CHECK(bench.outcomes[1].cycle == 44);
  CHECK(cycles(bench, UnitState::kBusy) == 2 * 20);
  CHECK(cycles(bench, UnitState::kSram) == 3);
}

TEST_CASE("Back to back: the second waits for the result buffer") {
  VectorUnitBench bench;
  VectorCommand command = bench.random_command(VectorKind::kContext, 16, 8);
  std::vector<std::uint16_t> rows(16);
  for (std::uint16_t row = 0; row < 16; ++row) rows[row] = static_cast<std::uint16_t>(2 * row);
  command.row_list = bench.place(rows);
  command.out = bench.bytes(32, 8);
  bench.send(0, command);
  bench.send(0, command);
  bench.run();
  CHECK(cycles(bench, UnitState::kBusy) == 2 * 16);
  CHECK(bench.outcomes[0].cycle == 66);
  CHECK(bench.outcomes[1].cycle == bench.outcomes[0].cycle + 16 * 3);
}

TEST_CASE("Ready commands are taken by ready time, layer, sequence, head, window, kind") {
  VectorUnitBench bench;
  const std::vector<WorkId> in_order{{0, 1, 1, 1}, {1, 0, 3, 3}, {1, 1, 0, 3}, {1, 1, 1, 0}, {1, 1, 1, 1}};
  VectorCommand command = bench.random_command(VectorKind::kRequantise, 8, 64);
  command.work = in_order.back();
  bench.send(0, command);
  command.kind = VectorKind::kQuantise;
  for (auto work = in_order.rbegin(); work != in_order.rend(); ++work) {
    command.work = *work;
    bench.send(0, command);
  }
  bench.run();
  for (std::size_t i = 0; i + 1 < bench.outcomes.size(); ++i) {
    CHECK(bench.outcomes[i].cycle > bench.outcomes[i + 1].cycle);
  }
}

}  // namespace
}  // namespace esact
