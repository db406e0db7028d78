#include "bench.h"

using namespace esact;
using namespace esact::registers;

namespace {

constexpr StatusRecord kError = {5, kStatusError | kStatusInterrupt, 8, 5, 0x0000'0002'0000'1040};

}  // namespace

TEST_CASE("irq is the level of STATUS.interrupt and CONTROL.irq_enable") {
  run(TlmMode::kLoose, [](Bench& bench) {
    struct Step {
      const char* name;
      std::function<void()> act;
      bool irq;
      std::uint32_t status;
    };
    const std::vector<Step> steps = {
        {"reset", [] {}, false, 0},
        {"masked interrupt",
         [&] {
           bench.scheduler_status.send(StatusRecord{1, kStatusInterrupt, 0, 0, 0});
         },
         false, 1},
        {"unmask", [&] { bench.write(kControl, kControlIrqEnable); }, true, 1},
        {"writing 0 clears nothing", [&] { bench.write(kStatus, 0); }, true, 1},
        {"a read clears nothing", [&] { bench.read(kStatus); }, true, 1},
        {"writing 1 elsewhere clears nothing", [&] { bench.write(kStatus, ~kStatusInterrupt); }, true, 1},
        {"a quiet status keeps it",
         [&] {
           bench.scheduler_status.send(StatusRecord{2, 0, 0, 0, 0});
         },
         true, 1},
        {"mask", [&] { bench.write(kControl, 0); }, false, 1},
        {"unmask again", [&] { bench.write(kControl, kControlIrqEnable); }, true, 1},
        {"write 1 to clear", [&] { bench.write(kStatus, kStatusInterrupt); }, false, 0},
        {"unmasked interrupt",
         [&] {
           bench.scheduler_status.send(StatusRecord{3, kStatusInterrupt, 0, 0, 0});
         },
         true, 1},
        {"soft reset",
         [&] {
           bench.csr.soft_reset();
           bench.next_command();
         },
         false, 0},
    };
    bench.write(kRingTail, 0);
    for (const Step& step : steps) {
      INFO(step.name);
      step.act();
      CHECK(bench.irq_level() == step.irq);
      CHECK((bench.read(kStatus) & ~kStatusBusy) == step.status);
    }
  });
}

TEST_CASE("an error shows code, index and address, and doorbells are ignored until soft reset") {
  run(TlmMode::kLoose, [](Bench& bench) {
    bench.write(kRingEntries, 16);
    bench.write(kControl, kControlEnable | kControlIrqEnable);
    bench.write(kRingTail, 7);
    bench.next_command();
    bench.scheduler_status.send(kError);
    CHECK(bench.irq_level());
    CHECK(bench.read(kStatus) == (kStatusError | kStatusInterrupt));
    CHECK(bench.read(kRingHead) == 5);
    CHECK(bench.read(kErrorCode) == 8);
    CHECK(bench.read(kErrorIndex) == 5);
    CHECK(bench.read(kErrorAddressLow) == 0x1040);
    CHECK(bench.read(kErrorAddressHigh) == 2);

    bench.write(kStatus, kStatusInterrupt | kStatusError);
    CHECK(bench.read(kStatus) == kStatusError);
    bench.write(kRingTail, 9);
    bench.write(kControl, 0);
    bench.write(kControl, kControlEnable);
    sc_core::wait(bench.clock.cycles(10));
    CHECK(bench.commands.empty());
    CHECK(bench.doorbell_times.size() == 1);
  });
}

TEST_CASE("soft reset restores every register and tells the scheduler") {
  run(TlmMode::kLoose, [](Bench& bench) {
    bench.write(kRingBaseLow, 0x4000);
    bench.write(kRingEntries, 16);
    bench.write(kControl, kControlEnable | kControlIrqEnable);
    bench.write(kRingTail, 7);
    bench.next_command();
    bench.scheduler_status.send(kError);
    bench.write(kControl, kControlSoftReset | kControlEnable);

    CHECK(bench.read(kStatus) == kStatusBusy);
    bench.scheduler_status.send(StatusRecord{6, kStatusInterrupt, 0, 0, 0});  // of the time before: has no effect
    for (const Register& entry : kMap) {
      INFO(entry.name);
      const std::uint32_t busy = entry.offset == kStatus ? kStatusBusy : 0;
      CHECK(bench.read(entry.offset) == (entry.reset | busy));
    }
    CHECK(bench.next_command().kind == DoorbellKind::kReset);
    CHECK(bench.read(kStatus) == 0);

    bench.write(kControl, kControlEnable);
    bench.write(kRingTail, 1);
    const DoorbellRecord record = bench.next_command();
    CHECK(record.kind == DoorbellKind::kDoorbell);
    CHECK(record.entries == 1);
    CHECK(record.ring_base == 0);
    CHECK(record.head == 0);
    CHECK(record.tail == 1);
  });
}

TEST_CASE("a soft reset drops a doorbell that the scheduler has not taken, not one that follows it") {
  run(TlmMode::kLoose, [](Bench& bench) {
    bench.write(kRingEntries, 16);
    bench.write(kControl, kControlEnable);
    bench.write(kRingTail, 1);  // on its way to the scheduler
    bench.write(kRingTail, 2);  // waits in csr
    bench.write(kControl, kControlSoftReset);
    bench.write(kControl, kControlEnable);
    bench.write(kRingTail, 4);
    CHECK(bench.next_command().tail == 1);
    CHECK(bench.next_command().kind == DoorbellKind::kReset);
    CHECK(bench.next_command().tail == 4);
    sc_core::wait(bench.clock.cycles(10));
    CHECK(bench.commands.empty());
  });
}
