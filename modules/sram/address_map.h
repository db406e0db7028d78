#pragma once

#include <cstdint>

#include "esact_interface/page_statistics.h"

namespace esact {

/// SRAM data lies at the virtual addresses below this.
constexpr std::uint64_t kVirtualBytes = std::uint64_t{1} << 32;
constexpr std::uint64_t kVirtualPages = kVirtualBytes / kPageBytes;

/// Page table: the uint32 at kPageTableBase + 4 * virtual_page holds the physical page, kUnmappedPage if there is none.
constexpr std::uint64_t kPageTableBase = std::uint64_t{1} << 40;
constexpr std::uint32_t kUnmappedPage = 0xffffffff;

}  // namespace esact
