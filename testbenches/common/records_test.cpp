#include <catch2/catch.hpp>
#include <systemc>

#include "common/commands.h"
#include "common/ready_order.h"

using namespace esact;

namespace {

/// What ready_order needs of a command.
struct Command {
  MatrixCommand record;
  sc_core::sc_time arrival;
};

}  // namespace

TEST_CASE("records have the layout that the wire carries") {
  CHECK(sizeof(WorkId) == 8);
  CHECK(sizeof(PanelMatrix) == 24);
  CHECK(sizeof(DmaCommand) == 32);
  CHECK(sizeof(WindowRecord) == 16);
  CHECK(offsetof(DmaCommand, system_address) == 8);
  CHECK(offsetof(DmaCommand, bytes) == 24);
  CHECK(offsetof(WindowRecord, critical_rows) == 8);
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
