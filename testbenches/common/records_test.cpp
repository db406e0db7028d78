#include <catch2/catch.hpp>
#include <cstring>
#include <systemc>

#include "common/commands.h"
#include "common/event_counts.h"
#include "common/ready_order.h"
#include "common/tensor_tap.h"

using namespace esact;

namespace {

/// Event counts whose n-th integer is seed + n.
EventCounts numbered(std::uint64_t seed) {
  EventCounts counts;
  std::uint64_t values[sizeof(EventCounts) / sizeof(std::uint64_t)];
  for (std::uint64_t& value : values) value = seed++;
  std::memcpy(&counts, values, sizeof(counts));
  return counts;
}

/// What ready_order needs of a command.
struct Command {
  MatrixCommand record;
  sc_core::sc_time arrival;
};

struct Listener : tlm::tlm_analysis_if<TensorRows> {
  std::vector<std::string> tensors;
  void write(const TensorRows& rows) override { tensors.push_back(rows.tensor); }
};

}  // namespace

TEST_CASE("every event count is added and subtracted") {
  const EventCounts first = numbered(1000);
  const EventCounts second = numbered(1);
  EventCounts sum = first;
  sum += second;
  std::uint64_t values[sizeof(EventCounts) / sizeof(std::uint64_t)];
  std::memcpy(values, &sum, sizeof(values));
  for (std::uint64_t i = 0; i < std::size(values); ++i) CHECK(values[i] == 1001 + 2 * i);
  sum -= second;
  CHECK(std::memcmp(&sum, &first, sizeof(sum)) == 0);
}

TEST_CASE("records have the layout that the wire carries") {
  CHECK(sizeof(WorkId) == 8);
  CHECK(sizeof(PanelMatrix) == 24);
  CHECK(sizeof(DmaCommand) == 32);
  CHECK(sizeof(WindowRecord) == 16);
  CHECK(offsetof(DmaCommand, system_address) == 8);
  CHECK(offsetof(DmaCommand, bytes) == 24);
  CHECK(offsetof(WindowRecord, critical_rows) == 8);
}

TEST_CASE("a tensor port knows whether somebody listens") {
  TensorPort port("tensors");
  TensorRows rows;
  rows.tensor = "x";
  port.write(rows);
  CHECK_FALSE(port.bound());
  Listener listener;
  port.bind(listener);
  CHECK(port.bound());
  port.write(rows);
  CHECK(listener.tensors == std::vector<std::string>{"x"});
}

TEST_CASE("commands become ready at the edge after their arrival and are ordered by where they belong") {
  const Clock clock(1000);
  const auto command = [](std::uint64_t picoseconds, WorkId work, MatrixKind kind) {
    Command command;
    command.record.work = work;
    command.record.kind = kind;
    command.arrival = sc_core::sc_time::from_value(picoseconds);
    return command;
  };
  CHECK(ready_cycle(command(0, {}, MatrixKind::kQuery), clock) == 1);
  CHECK(ready_cycle(command(999, {}, MatrixKind::kQuery), clock) == 1);
  CHECK(ready_cycle(command(1000, {}, MatrixKind::kQuery), clock) == 2);
  CHECK_FALSE(is_ready(command(0, {}, MatrixKind::kQuery), clock));
  const std::vector<Command> ascending = {
      command(999, {9, 9, 9, 9}, MatrixKind::kFfn2),   command(1000, {0, 9, 9, 9}, MatrixKind::kFfn2),
      command(1000, {1, 0, 9, 9}, MatrixKind::kFfn2),  command(1000, {1, 1, 0, 9}, MatrixKind::kFfn2),
      command(1000, {1, 1, 1, 0}, MatrixKind::kFfn2),  command(1000, {1, 1, 1, 1}, MatrixKind::kQuery),
      command(1000, {1, 1, 1, 1}, MatrixKind::kScore),
  };
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    CHECK(ready_order(ascending[i - 1], clock) < ready_order(ascending[i], clock));
  }
}
