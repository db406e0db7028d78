#pragma once

#include <cstdint>

#include "esact_interface/descriptor.h"

namespace esact {

/// A descriptor has been completed, or has failed; published at the core edge of its status write-back.
struct Completion {
  std::uint32_t index = 0;  ///< in the ring, counted without wrapping
  Descriptor descriptor;    ///< as written back
};

}  // namespace esact
