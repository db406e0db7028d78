#pragma once

#include <string>
#include <vector>

#include "platforms/spls_golden/golden_case.h"

namespace esact::platform {

/// Outcome of one case: what differed, empty if nothing did.
struct GoldenResult {
  std::string name;
  std::vector<std::string> differences;
};

/// Runs every case on one virtual prototype, sparse and then dense, and compares what the blocks published over their
/// taps and counted. The SRAM is as large as the largest case needs.
std::vector<GoldenResult> run_golden_cases(const std::vector<GoldenCase>& cases);

}  // namespace esact::platform
