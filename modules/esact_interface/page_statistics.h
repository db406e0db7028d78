#pragma once

#include <cstdint>

namespace esact {

constexpr std::uint64_t kPageBytes = 4096;  ///< unit of SRAM allocation and translation

/// What a pool has seen. Fragmentation: 1 - longest run of free pages / free pages, 0 where no page is free.
struct PagePoolStatistics {
  std::uint64_t pages = 0;
  std::uint64_t pages_in_use = 0;
  std::uint64_t high_water_pages = 0;
  std::uint64_t failed_allocations = 0;
  double fragmentation = 0;                   ///< now
  double worst_fragmentation_at_failure = 0;  ///< at failed allocations
};

}  // namespace esact
