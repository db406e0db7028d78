#pragma once

#include <string>
#include <vector>

#include "platforms/common/report.h"

namespace esact::platform {

/// What the terminal shows of a run: a row a layer, then reduction, energy, efficiency, achieved rates and the names of
/// the files that were `written`.
std::string table(const Report& report, const EnergyModel& model, const std::vector<std::string>& written);

}  // namespace esact::platform
