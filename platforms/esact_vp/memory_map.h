#pragma once

#include <cstdint>

namespace esact::platform {

/// Where software finds things, as on QEMU's `virt` machine where that has them.
constexpr std::uint64_t kCsrBase = 0x10010000;
constexpr std::uint64_t kCsrBytes = 0x1000;
constexpr std::uint64_t kDramBase = 0x80000000;

}  // namespace esact::platform
