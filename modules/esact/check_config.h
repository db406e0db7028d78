#pragma once

#include <string>

#include "esact_interface/config.h"

namespace esact {

/// `config`, if an accelerator can be built of it; else an SC_REPORT_ERROR that names `owner`, the field by its key of
/// docs/parameters.md, its value and what was expected.
const EsactConfig& checked(const EsactConfig& config, const std::string& owner);

}  // namespace esact
