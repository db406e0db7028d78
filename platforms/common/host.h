#pragma once

#include "platforms/common/report.h"

namespace esact::platform {

/// Watches what a run costs the host, from construction on.
class HostMeter {
 public:
  HostMeter();

  /// Wall time since construction and the largest resident set of the process so far.
  HostRecord record() const;

 private:
  double start_;
};

}  // namespace esact::platform
