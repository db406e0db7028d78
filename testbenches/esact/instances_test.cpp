#include "esact/rig.h"

namespace esact {

TEST_CASE("Two accelerators of different configurations share a simulation") {
  Run small("post-odd", {"mac_array.lines=4", "mac_array.groups=2", "clock.period_ps=3000"}, 3, "small");
  Run large("similar", {"spls.enabled=false", "tlm.mode=approximate"}, 1, "large");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  small.load();
  large.load();
  platform::simulate(small.driver());
  platform::simulate(large.driver());
  CHECK(small.outputs() == expected_outputs("post-odd", "sparse"));
  CHECK(large.outputs() == expected_outputs("similar", "dense"));
}

}  // namespace esact
