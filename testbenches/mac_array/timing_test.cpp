#include <catch2/catch.hpp>
#include <numeric>

#include "mac_array/bench.h"

namespace esact {
namespace {

std::uint64_t cycles(const MacArrayBench& bench, UnitState state) {
  return bench.array.ledger().totals()[static_cast<std::size_t>(state)];
}

void check_ledger_sum(const MacArrayBench& bench) {
  const StateCycles totals = bench.array.ledger().totals();
  const std::uint64_t elapsed = bench.clock.cycle(sc_core::sc_time_stamp());
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == bench.array.ledger().units() * elapsed);
}

/// Sends one command at cycle 0 of the default array; `completed`, `busy` and `sram` as in the table of
/// docs/mac_array.md.
void check_alone(MacArrayBench& bench, const MatrixCommand& command, std::uint64_t completed, std::uint64_t busy,
                 std::uint64_t sram) {
  bench.send(0, command);
  bench.run();
  CHECK(bench.outcomes[0].cycle == completed);
  CHECK(cycles(bench, UnitState::kBusy) == busy);
  CHECK(cycles(bench, UnitState::kSram) == sram);
  CHECK(cycles(bench, UnitState::kInput) == 0);
  check_ledger_sum(bench);
}

TEST_CASE("Alone: one slot of 4 rows") {
  MacArrayBench bench;
  check_alone(bench, bench.projection(4, 64, 64), 81, 72, 0);
}

TEST_CASE("Alone: four slots share B") {
  MacArrayBench bench;
  check_alone(bench, bench.projection(16, 64, 64), 105, 4 * 72, 0);
}

TEST_CASE("Alone: a fifth slot streams B again and fills no pipeline") {
  MacArrayBench bench;
  check_alone(bench, bench.projection(20, 64, 64), 177, 4 * 72 + 64, 0);
}

TEST_CASE("Alone: a line takes four rows of 16 columns") {
  MacArrayBench bench;
  check_alone(bench, bench.projection(16, 64, 16), 81, 72, 0);
}

TEST_CASE("Alone: 128 columns take two cycles a term") {
  MacArrayBench bench;
  check_alone(bench, bench.projection(4, 32, 128), 89, 72, 0);
}

TEST_CASE("Alone: gathered rows are a transaction each and outlast the computation") {
  MacArrayBench bench;
  MatrixCommand command = bench.projection(4, 8, 64);
  command.a.address = bench.place(std::vector<std::int8_t>(7 * 8));
  command.row_list = bench.place(std::vector<std::uint16_t>{0, 2, 4, 6});
  check_alone(bench, command, 28, 16, 3);
}

TEST_CASE("Alone: accumulating reads C first") {
  MacArrayBench bench;
  MatrixCommand command = bench.projection(4, 64, 64);
  command.accumulate = 1;
  check_alone(bench, command, 89, 72, 0);
}

TEST_CASE("Alone: score waits for the keys") {
  MacArrayBench bench;
  check_alone(bench, bench.attention(MatrixKind::kScore, 32, 128, {26, 26, 13, 0}), 45, 21, 20);
}

TEST_CASE("Alone: context waits for the values") {
  MacArrayBench bench;
  check_alone(bench, bench.attention(MatrixKind::kContext, 32, 128, {26, 26, 13, 0}), 46, 21, 20);
}

TEST_CASE("Alone: score at head width 128 takes two cycles a key") {
  MacArrayBench bench;
  check_alone(bench, bench.attention(MatrixKind::kScore, 128, 8, {5, 3}), 22, 18, 0);
}

TEST_CASE("Alone: a row without entries takes a cycle") {
  MacArrayBench bench;
  check_alone(bench, bench.attention(MatrixKind::kScore, 8, 4, {0}), 10, 9, 0);
}

TEST_CASE("Alone: two slots of a score share the keys") {
  MacArrayBench bench;
  check_alone(bench, bench.attention(MatrixKind::kScore, 32, 64, std::vector<std::uint32_t>(8, 64)), 57, 80, 0);
}

TEST_CASE("Alone: a later slot of a score streams only the keys it lists") {
  MacArrayBench bench;
  std::vector<std::uint32_t> entries(16, 64);
  entries.resize(20, 8);
  check_alone(bench, bench.attention(MatrixKind::kScore, 64, 64, entries), 114, 4 * 72 + 8, 0);
}

TEST_CASE("Two commands run side by side and drain one after another") {
  MacArrayBench bench;
  MatrixCommand command = bench.projection(4, 64, 64);
  command.work.window = 1;
  bench.send(0, command);
  command.work.window = 0;
  bench.send(0, command);
  bench.run();
  CHECK(bench.outcomes[1].cycle == 81);
  CHECK(bench.outcomes[0].cycle == 89);
  check_ledger_sum(bench);
}

MacArrayConfig one_group() {
  MacArrayConfig config;
  config.lines = 4;
  config.groups = 1;
  return config;
}

TEST_CASE("Back to back on one group: the second fills no pipeline") {
  MacArrayBench bench(one_group());
  const MatrixCommand command = bench.projection(4, 64, 64);
  bench.send(0, command);
  bench.send(0, command);
  bench.run();
  CHECK(bench.outcomes[0].cycle == 81);
  CHECK(bench.outcomes[1].cycle == 145);
  CHECK(cycles(bench, UnitState::kBusy) == 72 + 64);
  check_ledger_sum(bench);
}

TEST_CASE("After a pause on one group: the second fills the pipeline") {
  MacArrayBench bench(one_group());
  const MatrixCommand command = bench.projection(4, 64, 64);
  bench.send(0, command);
  bench.send(100, command);
  bench.run();
  CHECK(bench.outcomes[1].cycle == 181);
  CHECK(cycles(bench, UnitState::kBusy) == 2 * 72);
  CHECK(cycles(bench, UnitState::kIdle) == 1 + (101 - 73) + (181 - 173));
}

TEST_CASE("Contention in the SRAM is charged to the sram state") {
  MacArrayBench bench;
  bench.disturb(3, 65536);
  check_alone(bench, bench.projection(4, 64, 64), 149, 72, 68);
}

}  // namespace
}  // namespace esact
