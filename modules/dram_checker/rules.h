#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "dram_interface/command.h"

namespace esact {

enum class DramStandard : std::uint8_t { kDdr4, kLpddr4, kHbm2 };

/// What the legality checker knows of a DRAM: the bare parameters of a timing table. It does not look at the table's
/// constraints, which are what it checks; the rules of each standard are its own code.
struct DramRules {
  DramStandard standard = DramStandard::kDdr4;
  std::uint32_t bank_groups = 0;
  std::uint32_t banks = 0;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::int64_t half_burst = 0;                 ///< BL / 2: cycles of a burst on the data bus
  std::map<std::string, std::int64_t> timing;  ///< by name, tCK

  /// Value of a timing parameter.
  std::int64_t operator[](const char* name) const { return timing.at(name); }

  /// Cycles of a command on its bus: JESD79-4 all 1; JESD209-4 ACTIVATE-1, -2 and READ/WRITE-1, CAS-2 of 2 cycles each,
  /// others 2; JESD235 ACTIVATE 2, others 1.
  std::int64_t length(DramCommand command) const;

  /// Bus of a command: HBM2 has one for rows and one for columns.
  std::size_t bus(DramCommand command) const;
};

/// Reads a timing table; std::invalid_argument "source: key: problem" if a parameter of the standard is missing.
DramRules parse_dram_rules(const std::string& text, const std::string& source);

}  // namespace esact
