#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "esact_interface/config.h"
#include "esact_interface/descriptor.h"

namespace esact::fuzz {

/// Memory as the oracle sees it.
struct MemoryView {
  std::uint64_t base = 0, bytes = 0;                ///< of the DRAM
  std::uint64_t device_base = 0, device_bytes = 0;  ///< of registers, which also answer
  std::uint64_t ring = 0, ring_bytes = 0;
  std::function<void(std::uint64_t address, void* data, std::size_t)> read;  ///< inside the DRAM

  bool holds(std::uint64_t address, std::uint64_t size) const {
    return address >= base && size <= bytes && address - base <= bytes - size;
  }
  bool touches_device(std::uint64_t address, std::uint64_t size) const {
    return address < device_base + device_bytes && address + size > device_base;
  }
};

/// What a descriptor may end in.
struct Verdict {
  std::set<ErrorCode> codes;  ///< kNone: it may complete
  bool too_large = false;     ///< valid, and more work than the fuzz test wants to wait for
  bool exact = false;         ///< runs on memory that only it uses: the result can be compared
};

/// Judges by docs/registers.md and docs/scheduler.md, not by the scheduler's checks: static fields first, then the
/// sequence table, then the sizes, then the memory.
Verdict judge(const Descriptor& descriptor, const MemoryView& memory, const EsactConfig& config);

}  // namespace esact::fuzz
