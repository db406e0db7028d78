#include "platforms/esact_dram/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "dram_checker/command_log.h"
#include "dram_checker/dram_checker.h"

namespace esact::platform {
namespace {

constexpr std::size_t kShown = 20;

}  // namespace

std::uint64_t check(const CheckOptions& options) {
  const auto [text, table] = table_text(options.dram);
  DramChecker checker(parse_dram_rules(text, table), options.refresh);
  const std::string source = options.log.string();
  std::ifstream log(options.log);
  if (!log) throw UserError(source, "cannot be read");
  std::string line;
  std::getline(log, line);
  if (line != kDramLogHeader) throw bad_value(source, "line 1", quotation(line), kDramLogHeader);
  for (std::uint64_t number = 2; std::getline(log, line); ++number) {
    try {
      checker.check(parse_dram_command(line));
    } catch (const std::invalid_argument& problem) {
      throw UserError(source, fmt::format("line {}", number), problem.what());
    }
  }
  const auto& violations = checker.violations();
  const std::size_t shown = std::min(violations.size(), kShown);
  for (std::size_t i = 0; i < shown; ++i) std::cout << to_string(violations[i]) << '\n';
  if (shown < violations.size()) std::cout << fmt::format("and {} more\n", violations.size() - shown);
  std::cout << fmt::format("{} commands, {} violations\n", checker.commands(), violations.size());
  return violations.size();
}

}  // namespace esact::platform
