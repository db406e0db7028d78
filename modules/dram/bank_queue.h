#pragma once

#include <cstdint>
#include <vector>

namespace esact {

/// A burst on its way through a channel.
struct DramBurst {
  std::uint64_t address = 0;  ///< of its first byte
  std::uint64_t order = 0;    ///< of entry into the channel: smaller is older
  std::uint32_t request = 0;
  std::uint32_t bank = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  bool write = false;
  bool activated = false;   ///< an ACT was given for it
  bool precharged = false;  ///< a PRE was given for it
};

/// Bursts that wait for a bank, oldest first.
using BankQueue = std::vector<DramBurst>;

}  // namespace esact
