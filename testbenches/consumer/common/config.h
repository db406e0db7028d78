#pragma once

#include <cstdint>

/// Constants of this platform. ESACT's headers lie under esact/ and esact_interface/ only, so that folders of any other
/// name are the integrator's.
namespace consumer {

constexpr std::uint64_t kMemoryBase = 0x80000000;  ///< where `esact-vp image` begins
constexpr std::uint64_t kMemoryBytes = 4 << 20;
constexpr std::uint32_t kRingEntries = 64;  ///< of the ring in that image, which lies at kMemoryBase

}  // namespace consumer
