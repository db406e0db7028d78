#include "common/clock.h"

#include <catch2/catch.hpp>

#include "tlm/thread.h"

using namespace esact;
using namespace esact::test;

namespace {

struct EdgeCase {
  std::uint64_t picoseconds;
  std::uint64_t cycle;
  std::uint64_t edge;  // in periods
};

sc_core::sc_time picoseconds(std::uint64_t count) {
  return sc_core::sc_time::from_value(count);
}

}  // namespace

TEST_CASE("edges and cycles of a 833 ps clock") {
  const std::vector<EdgeCase> cases = {{0, 0, 0},
                                       {1, 0, 1},
                                       {832, 0, 1},
                                       {833, 1, 1},
                                       {834, 1, 2},
                                       {833000000000, 1000000000, 1000000000},
                                       {833000000001, 1000000000, 1000000001}};
  const Clock clock(833);
  for (const EdgeCase& edge_case : cases) {
    INFO(edge_case.picoseconds << " ps");
    CHECK(clock.cycle(picoseconds(edge_case.picoseconds)) == edge_case.cycle);
    CHECK(clock.edge(picoseconds(edge_case.picoseconds)) == picoseconds(833 * edge_case.edge));
  }
  CHECK(clock.period() == picoseconds(833));
  CHECK(clock.cycles(7) == picoseconds(5831));
}

TEST_CASE("waiting ends at edges") {
  const Clock clock(1000);
  Thread thread("thread", [&] {
    clock.wait(0);
    CHECK(sc_core::sc_time_stamp() == picoseconds(0));
    clock.wait(3);
    CHECK(sc_core::sc_time_stamp() == picoseconds(3000));
    sc_core::wait(1, sc_core::SC_PS);
    clock.wait(0);
    CHECK(sc_core::sc_time_stamp() == picoseconds(4000));
    Clock::wait_until(picoseconds(100));
    CHECK(sc_core::sc_time_stamp() == picoseconds(4000));
    Clock::wait_until(picoseconds(4001));
    CHECK(sc_core::sc_time_stamp() == picoseconds(4001));
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}
