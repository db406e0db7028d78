#include "example_block/row_maximum.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <numeric>

#include "support/command_bench.h"

namespace esact {
namespace {

/// A row maximum unit beside an SRAM.
class RowMaximumBench : public CommandBench<RowMaximumCommand> {
 public:
  explicit RowMaximumBench(const RowMaximumConfig& config = {}, const TlmConfig& tlm = {},
                           sc_core::sc_module_name name = "bench")
      : CommandBench(tlm, name), unit("row_maximum", config, tlm, clock) {
    links.bind(unit.memory, sram.memory);
    links.bind(sender, unit.command);
  }

  RowMaximumCommand scan(const std::vector<std::int32_t>& values, std::uint32_t width) {
    RowMaximumCommand command;
    command.rows = static_cast<std::uint32_t>(values.size() / width);
    command.width = width;
    command.in = place(values);
    command.out = reserve(command.rows * sizeof(std::uint32_t));
    return command;
  }

  RowMaximumCommand random_scan(std::uint32_t rows, std::uint32_t width) {
    return scan(random_values<std::int32_t>(std::size_t{rows} * width, INT32_MIN, INT32_MAX, rows + width), width);
  }

  /// What the loop over 64-bit magnitudes makes of the command's operand.
  std::vector<std::uint32_t> expected(const RowMaximumCommand& command) {
    const auto values = fetch<std::int32_t>(command.in, std::size_t{command.rows} * command.width);
    std::vector<std::uint32_t> maxima(command.rows);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto magnitude = static_cast<std::uint32_t>(std::llabs(values[i]));
      maxima[i / command.width] = std::max(maxima[i / command.width], magnitude);
    }
    return maxima;
  }

  std::uint64_t cycles(UnitState state) const { return unit.ledger().totals()[static_cast<std::size_t>(state)]; }

  RowMaximum unit;
};

void check_values(const TlmConfig& tlm) {
  RowMaximumBench bench({}, tlm);
  std::vector<RowMaximumCommand> commands;
  for (const std::uint32_t width : {1u, 7u, 64u, 129u}) commands.push_back(bench.random_scan(13, width));
  commands.push_back(bench.scan({0, 0, -5, 3, INT32_MIN, INT32_MAX}, 2));
  for (const RowMaximumCommand& command : commands) bench.send(0, command);
  bench.run();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    CHECK(bench.outcomes[i].status == tlm::TLM_OK_RESPONSE);
    CHECK(bench.fetch<std::uint32_t>(commands[i].out, commands[i].rows) == bench.expected(commands[i]));
  }
  CHECK(bench.fetch<std::uint32_t>(commands.back().out, 3) == std::vector<std::uint32_t>{0, 5, 1u << 31});
}

TEST_CASE("Values, loose") {
  check_values({});
}

TEST_CASE("Values, approximate with injected stalls") {
  TlmConfig tlm;
  tlm.mode = TlmMode::kApproximate;
  tlm.stall_permille = 200;
  check_values(tlm);
}

/// Sends one command at cycle 0; `completes`, `busy` and `sram` as in the table of the docs page.
void check_alone(RowMaximumBench& bench, const RowMaximumCommand& command, std::uint64_t completes, std::uint64_t busy,
                 std::uint64_t sram) {
  bench.send(0, command);
  bench.run();
  CHECK(bench.outcomes[0].cycle == completes);
  CHECK(bench.cycles(UnitState::kBusy) == busy);
  CHECK(bench.cycles(UnitState::kSram) == sram);
  const StateCycles totals = bench.unit.ledger().totals();
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == bench.clock.cycle(sc_core::sc_time_stamp()));
}

TEST_CASE("Alone: 8 x 64") {
  RowMaximumBench bench;
  check_alone(bench, bench.random_scan(8, 64), 15, 12, 3);
  CHECK(bench.unit.counts().vector_operations == 8 * 64);
}

TEST_CASE("Alone: one element more than the lanes take in a cycle") {
  RowMaximumBench bench;
  check_alone(bench, bench.random_scan(1, 65), 9, 6, 3);
}

TEST_CASE("Alone: no rows") {
  RowMaximumBench bench;
  check_alone(bench, bench.random_scan(0, 64), 4, 4, 0);
}

TEST_CASE("Alone: reads that outlast the computation") {
  RowMaximumConfig config;
  config.port_bytes = 16;
  RowMaximumBench bench(config);
  check_alone(bench, bench.random_scan(8, 64), 131, 12, 119);
}

TEST_CASE("Two commands: one after the other") {
  RowMaximumBench bench;
  const RowMaximumCommand command = bench.random_scan(8, 64);
  bench.send(0, command);
  bench.send(0, command);
  bench.run();
  CHECK(bench.outcomes[0].cycle == 15);
  CHECK(bench.outcomes[1].cycle == 30);
}

TEST_CASE("A command that lacks an address is refused") {
  RowMaximumBench bench;
  RowMaximumCommand no_operand = bench.random_scan(2, 8), no_result = no_operand;
  no_operand.in = kNoAddress;
  no_result.out = kNoAddress;
  bench.send(0, no_operand);
  bench.send(0, no_result);
  bench.run();
  for (const auto& outcome : bench.outcomes) CHECK(outcome.status == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(bench.fetch<std::uint8_t>(no_operand.out, 8) == std::vector<std::uint8_t>(8, 0xa5));
}

}  // namespace
}  // namespace esact
