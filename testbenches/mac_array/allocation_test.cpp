#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "mac_array/bench.h"

namespace esact {
namespace {

MacArrayConfig with(Allocation allocation) {
  MacArrayConfig config;
  config.allocation = allocation;
  return config;
}

std::uint64_t cycles(const MacArrayBench& bench, UnitState state) {
  return bench.array.ledger().totals()[static_cast<std::size_t>(state)];
}

/// Query commands of heads 0 and 4, 4 rows each, at cycle 0.
void send_two_heads(MacArrayBench& bench) {
  MatrixCommand command = bench.projection(4, 64, 64, MatrixKind::kQuery);
  bench.send(0, command);
  command.work.head = 4;
  bench.send(0, command);
  bench.run();
}

TEST_CASE("Dynamic: any group takes any slot") {
  MacArrayBench bench(with(Allocation::kDynamic));
  send_two_heads(bench);
  CHECK(bench.outcomes[0].cycle == 81);
  CHECK(bench.outcomes[1].cycle == 89);
  CHECK(cycles(bench, UnitState::kBusy) == 2 * 72);
  CHECK(cycles(bench, UnitState::kInput) == 0);
}

TEST_CASE("Static: heads 0 and 4 share group 0 while the others stall on input") {
  MacArrayBench bench(with(Allocation::kStatic));
  send_two_heads(bench);
  CHECK(bench.outcomes[0].cycle == 81);
  CHECK(bench.outcomes[1].cycle == 145);
  CHECK(cycles(bench, UnitState::kBusy) == 72 + 64);
  CHECK(cycles(bench, UnitState::kInput) == 3 * 72);
  CHECK(cycles(bench, UnitState::kIdle) == 4 * 145 - (72 + 64) - 3 * 72);
}

TEST_CASE("Static: the slots of one head's command run one after another") {
  MacArrayBench bench(with(Allocation::kStatic));
  bench.send(0, bench.projection(16, 64, 64, MatrixKind::kQuery));
  bench.run();
  CHECK(bench.outcomes[0].cycle == 297);
  CHECK(cycles(bench, UnitState::kBusy) == 72 + 3 * 64);
  CHECK(cycles(bench, UnitState::kInput) == 3 * 200);
}

TEST_CASE("Static: projections and FFN run on all groups") {
  MacArrayBench bench(with(Allocation::kStatic));
  bench.send(0, bench.projection(16, 64, 64, MatrixKind::kFfn1));
  bench.run();
  CHECK(bench.outcomes[0].cycle == 105);
}

TEST_CASE("Allocation strategies by kind, head and group") {
  MacArrayConfig config = with(Allocation::kStatic);
  const auto fixed = make_allocation(config);
  const auto any = make_allocation(with(Allocation::kDynamic));
  for (const MatrixKind kind : {MatrixKind::kQuery, MatrixKind::kKeyValue, MatrixKind::kScore, MatrixKind::kContext,
                                MatrixKind::kOutput, MatrixKind::kFfn1, MatrixKind::kFfn2}) {
    const bool attention = kind <= MatrixKind::kContext;
    for (std::uint16_t head = 0; head < 9; ++head) {
      for (std::size_t group = 0; group < config.groups; ++group) {
        MatrixCommand command;
        command.kind = kind;
        command.work.head = head;
        CHECK(fixed->allows(command, group) == (!attention || head % 4 == group));
        CHECK(any->allows(command, group));
      }
    }
  }
}

/// A command by its place in the order: ready cycle, then layer, sequence, head, window, kind.
struct Entry {
  std::uint64_t cycle;
  WorkId work;
  MatrixKind kind;
};

TEST_CASE("Ready commands are taken by ready time, layer, sequence, head, window, kind, arrival") {
  const std::vector<Entry> in_order = {
      {0, {9, 9, 9, 9}, MatrixKind::kFfn2},  // alone and first
      {2, {0, 1, 1, 1}, MatrixKind::kFfn1},  {2, {1, 0, 3, 3}, MatrixKind::kFfn1},
      {2, {1, 1, 0, 3}, MatrixKind::kFfn1},  {2, {1, 1, 1, 0}, MatrixKind::kFfn1},
      {2, {1, 1, 1, 1}, MatrixKind::kQuery}, {2, {1, 1, 1, 1}, MatrixKind::kOutput},
      {3, {0, 0, 0, 0}, MatrixKind::kQuery},
  };
  MacArrayConfig config;
  config.lines = 4;
  config.groups = 1;
  MacArrayBench bench(config);
  for (auto entry = in_order.rbegin(); entry != in_order.rend(); ++entry) {
    MatrixCommand command = bench.projection(4, 64, 64, entry->kind);
    command.work = entry->work;
    bench.send(entry->cycle, command);
  }
  bench.run();
  std::vector<std::uint64_t> completed;
  for (auto outcome = bench.outcomes.rbegin(); outcome != bench.outcomes.rend(); ++outcome) {
    completed.push_back(outcome->cycle);
  }
  for (std::size_t i = 0; i < completed.size(); ++i) CHECK(completed[i] == 81 + 64 * i);
}

TEST_CASE("A full queue holds back its senders and loses nothing") {
  MacArrayConfig config;
  config.queue_depth = 1;
  MacArrayBench bench(config);
  for (std::uint16_t i = 0; i < 20; ++i) {
    MatrixCommand command = bench.projection(4, 64, 64);
    command.work.window = i;
    bench.send(0, command);
  }
  bench.run();
  for (const auto& outcome : bench.outcomes) CHECK(outcome.status == tlm::TLM_OK_RESPONSE);
  CHECK(bench.array.counts().macs[static_cast<std::size_t>(Operation::kOutput)] == 20 * 4 * 64 * 64);
}

TEST_CASE("Groups that do not divide the lines are refused") {
  MacArrayConfig config;
  config.groups = 3;
  CHECK_THROWS_WITH(MacArrayBench(config), Catch::Contains("mac_array.groups must divide mac_array.lines"));
}

}  // namespace
}  // namespace esact
