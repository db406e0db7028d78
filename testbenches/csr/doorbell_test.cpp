#include "bench.h"

using namespace esact;
using namespace esact::registers;

namespace {

/// Software's start: a ring of 16 descriptors at 0x1'0000'2000.
void set_up(Bench& bench, std::uint32_t control) {
  bench.write(kRingBaseLow, 0x2000);
  bench.write(kRingBaseHigh, 1);
  bench.write(kRingEntries, 16);
  bench.write(kControl, control);
}

void check_record(TlmMode mode) {
  run(mode, [](Bench& bench) {
    set_up(bench, kControlEnable);
    bench.write(kRingTail, 3);
    const sc_core::sc_time rung = sc_core::sc_time_stamp();
    const DoorbellRecord record = bench.next_command();
    CHECK(record.kind == DoorbellKind::kDoorbell);
    CHECK(record.entries == 16);
    CHECK(record.ring_base == 0x100002000);
    CHECK(record.head == 0);
    CHECK(record.tail == 3);
    CHECK(bench.doorbell_times == std::vector<sc_core::sc_time>{rung});
  });
}

}  // namespace

TEST_CASE("a write of RING_TAIL sends the ring to the scheduler, loose") {
  check_record(TlmMode::kLoose);
}

TEST_CASE("a write of RING_TAIL sends the ring to the scheduler, approximate") {
  check_record(TlmMode::kApproximate);
}

TEST_CASE("a busy scheduler does not hold up software, and the last doorbell counts") {
  run(TlmMode::kLoose, [](Bench& bench) {
    set_up(bench, kControlEnable);
    for (std::uint32_t tail = 1; tail <= 8; ++tail) {
      const std::uint64_t before = Bench::now();
      bench.write(kRingTail, tail);
      CHECK(Bench::now() == before + 1);
    }
    CHECK(bench.doorbell_times.size() == 8);
    CHECK(bench.next_command().tail == 1);
    CHECK(bench.next_command().tail == 8);
    sc_core::wait(bench.clock.cycles(10));
    CHECK(bench.commands.empty());
  });
}

TEST_CASE("without enable nothing rings, and enabling announces what waits") {
  run(TlmMode::kLoose, [](Bench& bench) {
    set_up(bench, 0);
    bench.write(kRingTail, 2);
    bench.write(kControl, kControlIrqEnable);
    CHECK(bench.read(kStatus) == 0);
    CHECK(bench.doorbell_times.empty());
    CHECK(bench.commands.empty());

    bench.write(kControl, kControlEnable);
    CHECK(bench.next_command().tail == 2);
    CHECK(bench.doorbell_times.size() == 1);
    bench.write(kControl, kControlEnable | kControlIrqEnable);  // was enabled: does not ring again
    sc_core::wait(bench.clock.cycles(10));
    CHECK(bench.commands.empty());

    bench.scheduler_status.send(StatusRecord{2, 0, 0, 0, 0});
    bench.write(kControl, 0);
    bench.write(kControl, kControlEnable);  // nothing waits: does not ring
    sc_core::wait(bench.clock.cycles(10));
    CHECK(bench.commands.empty());
    CHECK(bench.doorbell_times.size() == 1);
  });
}

TEST_CASE("busy holds from the doorbell until the head has reached the tail") {
  run(TlmMode::kLoose, [](Bench& bench) {
    set_up(bench, kControlEnable);
    CHECK(bench.read(kStatus) == 0);
    bench.write(kRingTail, 2);
    CHECK(bench.read(kStatus) == kStatusBusy);
    bench.next_command();
    bench.scheduler_status.send(StatusRecord{1, kStatusBusy, 0, 0, 0});
    CHECK(bench.read(kStatus) == kStatusBusy);
    CHECK(bench.read(kRingHead) == 1);
    bench.write(kRingTail, 3);
    bench.scheduler_status.send(StatusRecord{2, 0, 0, 0, 0});  // sent before the scheduler saw the second doorbell
    CHECK(bench.read(kStatus) == kStatusBusy);
    bench.next_command();
    bench.scheduler_status.send(StatusRecord{3, 0, 0, 0, 0});
    CHECK(bench.read(kStatus) == 0);
    CHECK(bench.read(kRingHead) == 3);
  });
}
