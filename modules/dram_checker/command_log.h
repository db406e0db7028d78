#pragma once

#include <iosfwd>
#include <string>

#include "dram_interface/command.h"

namespace esact {

/// First line of a command log: CSV with a line a command; what a command does not have is left empty.
constexpr const char* kDramLogHeader = "cycle,channel,command,bank_group,bank,row,column";

/// Appends the line of a command.
void write_dram_command(std::ostream& log, const DramCommandRecord& record);

/// The command that a line is; std::invalid_argument with what was expected otherwise.
DramCommandRecord parse_dram_command(const std::string& line);

}  // namespace esact
