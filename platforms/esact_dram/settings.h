#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dram/controller.h"
#include "platforms/common/parameter.h"

namespace esact::platform {

/// What the command line says about the DRAM.
struct DramChoice {
  std::string preset;                            ///< a compiled-in table
  std::optional<std::filesystem::path> table;    ///< a table of the user's instead
  std::optional<std::filesystem::path> mapping;  ///< bit lists instead of the table's
  std::vector<std::string> sets;                 ///< key=value of the controller
};

/// The controller's parameters: what --set knows.
const std::vector<Parameter<DramControllerConfig>>& controller_parameters();

/// Text of the chosen table, and what it is called in messages. UserError if there is none.
std::pair<std::string, std::string> table_text(const DramChoice& choice);

/// The chosen table with the chosen mapping. Errors name file and key.
DramTable load_table(const DramChoice& choice);

/// Defaults, then each of `choice.sets`. UserError naming key and value.
DramControllerConfig load_controller_config(const DramChoice& choice);

}  // namespace esact::platform
