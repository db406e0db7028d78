#include "common/ledger.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <set>
#include <string>

#include "tlm/thread.h"

using namespace esact;
using namespace esact::test;

namespace {

const Clock kClock(2000);

std::uint64_t cycles(const StateCycles& totals, UnitState state) {
  return totals[static_cast<std::size_t>(state)];
}

}  // namespace

TEST_CASE("states have the names of the report") {
  std::set<std::string> names;
  for (std::size_t state = 0; state < kUnitStates; ++state) names.insert(name(static_cast<UnitState>(state)));
  const std::set<std::string> expected = {"busy", "input", "sram", "dram", "queue_full", "array", "barrier", "idle"};
  CHECK(names == expected);
}

TEST_CASE("a ledger's states add up to units times cycles") {
  Ledger ledger(kClock, 2);
  Thread thread("thread", [&] {
    const auto check = [&](std::uint64_t busy, std::uint64_t sram, std::uint64_t idle) {
      const StateCycles totals = ledger.totals();
      CHECK(cycles(totals, UnitState::kBusy) == busy);
      CHECK(cycles(totals, UnitState::kSram) == sram);
      CHECK(cycles(totals, UnitState::kIdle) == idle);
      CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) ==
            2 * kClock.cycle(sc_core::sc_time_stamp()));
    };
    check(0, 0, 0);
    kClock.wait(10);
    check(0, 0, 20);
    ledger.enter(0, UnitState::kBusy);
    kClock.wait(5);
    check(5, 0, 25);
    ledger.enter(1, UnitState::kBusy);
    kClock.wait(4);
    check(13, 0, 25);
    ledger.enter(0, UnitState::kSram, kClock.cycles(16));
    check(10, 3, 25);
    ledger.enter(0, UnitState::kIdle);
    sc_core::wait(1999, sc_core::SC_PS);
    check(10, 3, 25);
    sc_core::wait(1, sc_core::SC_PS);
    check(11, 3, 26);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(ledger.units() == 2);
}

TEST_CASE("a unit that enters a state before its last one is a bug of the model") {
  Ledger ledger(kClock, 1);
  Thread thread("thread", [&] {
    kClock.wait(10);
    ledger.enter(0, UnitState::kBusy);
    ledger.enter(0, UnitState::kSram, kClock.cycles(10));
    CHECK_THROWS_AS(ledger.enter(0, UnitState::kIdle, kClock.cycles(9)), sc_core::sc_report);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}
