#include "spls_predictor/timing.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "hlog_quantizer/ideal_memory.h"
#include "spls_predictor/rig.h"

namespace esact::testbench {
namespace {

constexpr std::size_t kMemoryBytes = 1 << 20;
constexpr std::uint64_t kStart = 10;  // cycle at which the commands are sent

using IdealRig = Rig<IdealMemory>;

/// A head whose operands are all zero: every row of a window is similar to its first.
PredictorCommand zero_head(std::uint32_t tokens, std::uint32_t width, std::uint32_t head_width, std::uint16_t window,
                           bool causal) {
  Addresses addresses;
  PredictorCommand command;
  command.tokens = tokens;
  command.width = width;
  command.head_width = head_width;
  command.heads = 1;
  command.causal = causal ? 1 : 0;
  command.spls.window = window;
  command.mask_stride = 8;
  command.x = addresses.take(std::uint64_t{tokens} * width);
  command.wq = addresses.take(std::uint64_t{width} * head_width);
  command.wk = addresses.take(std::uint64_t{width} * head_width);
  command.bq = addresses.take(std::uint64_t{head_width} * 4);
  command.bk = addresses.take(std::uint64_t{head_width} * 4);
  command.mask = addresses.take(std::uint64_t{tokens} * command.mask_stride);
  command.representative = addresses.take(tokens);
  command.representative_stride = 64;
  command.root = addresses.take(64 * 64);
  command.result = addresses.take(sizeof(PredictionResult));
  return command;
}

/// The same with x in the system's memory, in loads of `x_rows` rows; the rig's DMA takes 20 cycles for each.
PredictorCommand streamed(std::uint32_t x_rows, PredictorCommand command) {
  command.x_system = SystemMemory::kBase;
  command.x_rows = x_rows;
  return command;
}

/// Parameters of the table's rows; ports without limit unless a row sets one.
RigConfig parameters(std::uint32_t products_per_cycle, std::uint32_t select_lanes, std::uint32_t pipeline_cycles,
                     std::uint32_t port_bytes = 0) {
  RigConfig config;
  config.predictor.products_per_cycle = products_per_cycle;
  config.predictor.select_lanes = select_lanes;
  config.predictor.pipeline_cycles = pipeline_cycles;
  config.predictor.port_bytes = port_bytes;
  return config;
}

RigConfig barrier(RigConfig config) {
  config.predictor.progressive = false;
  return config;
}

RigConfig accepting_after(std::uint64_t cycles, RigConfig config) {
  config.accept_cycles = cycles;
  return config;
}

/// Runs rigs side by side in one simulation.
void run_all(const std::vector<std::unique_ptr<IdealRig>>& rigs) {
  sc_core::sc_start();
  for (const auto& rig : rigs) CHECK(rig->done);
}

using Cycles = std::vector<std::uint64_t>;

/// When the records came, in cycles after the command.
Cycles record_cycles(const IdealRig& rig) {
  Cycles cycles;
  for (const auto& entry : rig.engine.entries) cycles.push_back(entry.arrival - kStart);
  return cycles;
}

/// The table of docs/spls_predictor.md: cycles after the command at which records leave and the command completes.
struct Case {
  const char* name;
  RigConfig config;
  PredictorCommand command;
  Cycles records;
  std::uint64_t completed;
};

const std::vector<Case>& cases() {
  static const PredictorCommand square = zero_head(16, 64, 64, 8, false);
  static const std::vector<Case> table = {
      {"prediction bound", parameters(2048, 64, 8), square, {68, 88}, 88},
      {"causal, last window short", parameters(64, 8, 3), zero_head(10, 32, 16, 4, true), {122, 166, 185}, 185},
      {"selection bound", parameters(2048, 4, 8), square, {184, 308}, 308},
      {"read bound", parameters(2048, 64, 8, 4), square, {2586, 2714}, 2716},
      {"barrier", barrier(parameters(2048, 64, 8)), square, {88, 88}, 88},
      {"slow engine", accepting_after(100, parameters(2048, 64, 8)), square, {68, 176}, 276},
      {"one token", parameters(2048, 64, 8), zero_head(1, 1, 1, 8, false), {12}, 12},
      {"streamed, hidden", parameters(2048, 64, 8), streamed(16, square), {68, 88}, 88},
      {"streamed, load bound", parameters(2048, 64, 8), streamed(3, square), {188, 248}, 248},
  };
  return table;
}

TEST_CASE("records leave and commands complete at the cycles of the table") {
  std::vector<std::unique_ptr<IdealRig>> rigs;
  for (const Case& test : cases()) {
    auto& rig =
        *rigs.emplace_back(std::make_unique<IdealRig>(sc_core::sc_gen_unique_name("rig"), test.config, kMemoryBytes));
    rig.body = [&rig, &test] {
      rig.dma.place(std::vector<std::int8_t>(test.command.tokens * test.command.width));
      rig.clock.wait(kStart);
      const Cycles completed = rig.send({test.command});
      INFO(test.name);
      CHECK(record_cycles(rig) == test.records);
      CHECK(completed == Cycles{kStart + test.completed});
    };
  }
  run_all(rigs);
}

TEST_CASE("the keys of the next head are predicted while the last window of a head is selected") {
  std::vector<std::unique_ptr<IdealRig>> rigs;
  auto& rig = *rigs.emplace_back(std::make_unique<IdealRig>("rig", parameters(2048, 64, 8), kMemoryBytes));
  rig.body = [&rig] {
    const PredictorCommand head = zero_head(16, 64, 64, 8, false);
    rig.clock.wait(kStart);
    CHECK(rig.send({head, head, head}) == Cycles{kStart + 88, kStart + 168, kStart + 248});
    CHECK(record_cycles(rig) == Cycles{68, 88, 148, 168, 228, 248});
  };
  run_all(rigs);
}

TEST_CASE("a head of which the system does not give all rows sends its records and completes with an error") {
  std::vector<std::unique_ptr<IdealRig>> rigs;
  auto& rig = *rigs.emplace_back(std::make_unique<IdealRig>("rig", parameters(2048, 64, 8), kMemoryBytes));
  rig.body = [&rig] {
    const PredictorCommand head = streamed(16, zero_head(16, 64, 64, 8, false));
    rig.dma.reserve(15 * 64);  // the last row is beyond the memory
    CHECK(rig.commands.try_send(head) == tlm::TLM_GENERIC_ERROR_RESPONSE);
    CHECK(rig.engine.entries.size() == 2);
    rig.dma.reserve(64);
    CHECK(rig.commands.try_send(head) == tlm::TLM_OK_RESPONSE);
  };
  run_all(rigs);
}

TEST_CASE("a vote takes its cycles and follows the predictions before it") {
  std::vector<std::unique_ptr<IdealRig>> rigs;
  auto& rig = *rigs.emplace_back(std::make_unique<IdealRig>("rig", parameters(2048, 64, 8), kMemoryBytes));
  rig.body = [&rig] {
    PredictorCommand head = zero_head(16, 64, 64, 8, false);
    PredictorCommand vote = head;
    vote.kind = PredictorKind::kVote;
    vote.heads = 12;
    rig.clock.wait(kStart);
    CHECK(rig.send({vote}) == Cycles{kStart + 11});
    CHECK(rig.send({head, vote}) == Cycles{kStart + 11 + 88, kStart + 11 + 88 + 11});
  };
  run_all(rigs);
}

/// Cycles of both units together; states not named have none.
StateCycles sheet(std::initializer_list<std::pair<UnitState, std::uint64_t>> entries) {
  StateCycles cycles{};
  for (const auto& [state, count] : entries) cycles[static_cast<std::size_t>(state)] = count;
  return cycles;
}

TEST_CASE("the time sheet accounts for every cycle of both units") {
  struct Expected {
    RigConfig config;
    StateCycles sheet;
    std::uint32_t x_rows = 0;  ///< 0: x is in SRAM
  };
  // 10 cycles idle twice, then: predict computes 40 + 20 + 20; select waits for the first window, computes 8 + 8.
  const std::vector<Expected> table = {
      // predict is idle for the last 8 of 88 cycles; select waits 60 + 12
      {parameters(2048, 64, 8),
       sheet({{UnitState::kBusy, 96}, {UnitState::kInput, 72}, {UnitState::kIdle, 2 * kStart + 8}})},
      // predict waits 88 for the buffer and is idle for 108; select waits 60 for input and 200 for the engine
      {accepting_after(100, parameters(2048, 64, 8)), sheet({{UnitState::kBusy, 96},
                                                             {UnitState::kInput, 60},
                                                             {UnitState::kQueueFull, 288},
                                                             {UnitState::kIdle, 2 * kStart + 108}})},
      // reads outlast the computation by 2432 - 40 and twice 128 - 20; select writes 18 twice and 2, waits for input
      // 2560 and 102, predict is idle for 28
      {parameters(2048, 64, 8, 4), sheet({{UnitState::kBusy, 96},
                                          {UnitState::kInput, 2662},
                                          {UnitState::kSram, 2392 + 216 + 38},
                                          {UnitState::kIdle, 2 * kStart + 28}})},
      // loads outlast the computation by 120 - 40 and twice 60 - 20; select waits 180 and 52 for input, predict is idle
      // for the last 8
      {parameters(2048, 64, 8),
       sheet({{UnitState::kBusy, 96},
              {UnitState::kInput, 180 + 52},
              {UnitState::kDram, 80 + 2 * 40},
              {UnitState::kIdle, 2 * kStart + 8}}),
       3},
  };
  std::vector<std::unique_ptr<IdealRig>> rigs;
  for (const Expected& test : table) {
    auto& rig =
        *rigs.emplace_back(std::make_unique<IdealRig>(sc_core::sc_gen_unique_name("rig"), test.config, kMemoryBytes));
    rig.body = [&rig, &test] {
      PredictorCommand head = zero_head(16, 64, 64, 8, false);
      if (test.x_rows > 0) head = streamed(test.x_rows, head);
      rig.dma.reserve(head.tokens * head.width);
      rig.clock.wait(kStart);
      rig.send({head});
      CHECK(rig.predictor.ledger().totals() == test.sheet);
    };
  }
  run_all(rigs);
}

}  // namespace
}  // namespace esact::testbench
