#include "platforms/common/host.h"

#include <sys/resource.h>

#include "platforms/common/progress.h"

namespace esact::platform {

HostMeter::HostMeter() : start_(monotonic_seconds()) {}

HostRecord HostMeter::record() const {
  constexpr std::uint64_t kBytesPerUnit = 1024;  // Linux counts ru_maxrss in KiB
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {monotonic_seconds() - start_, static_cast<std::uint64_t>(usage.ru_maxrss) * kBytesPerUnit};
}

}  // namespace esact::platform
