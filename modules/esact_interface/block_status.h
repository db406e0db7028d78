#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "esact_interface/unit_state.h"

namespace esact {

/// Time sheet of one block: busy + stalls + idle = units * cycles of its clock.
struct BlockStatus {
  std::string name;
  std::size_t units = 1;
  std::uint32_t clock_ps = 0;
  StateCycles cycles{};  ///< since time 0
};

}  // namespace esact
