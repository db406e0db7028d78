#include "esact_interface/unit_state.h"

namespace esact {

const char* name(UnitState state) {
  static constexpr const char* kNames[kUnitStates] = {"busy",       "input", "sram",    "dram",
                                                      "queue_full", "array", "barrier", "idle"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace esact
