#pragma once

#include "fuzz/device_host.h"
#include "fuzz/random.h"

namespace esact::fuzz {

/// One to thirty accesses of any command, address, size, byte enables and streaming width to the registers and beside
/// them, and now and then a reset. Compares each response with docs/csr.md, sees that errors and debug reads leave
/// everything as it was, then resets. Failure if a promise is broken.
void access_registers(DeviceHost& host, std::uint64_t ring, Random& random);

}  // namespace esact::fuzz
