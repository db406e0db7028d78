#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace esact {

/// One figure of a DRAM's statistics, for a table or a file.
struct DramFigure {
  std::string name;
  std::variant<std::uint64_t, double> value;
  std::string unit;  ///< empty for counts
  std::string description;
};

}  // namespace esact
