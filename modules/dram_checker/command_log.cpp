#include "dram_checker/command_log.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace esact {
namespace {

constexpr std::size_t kFields = 7;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

std::uint64_t parse_number(std::string_view field, const char* what, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [stop, failure] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (failure != std::errc() || stop != field.data() + field.size() || value > most) {
    throw std::invalid_argument(std::string(what) + ": '" + std::string(field) + "', expected a whole number");
  }
  return value;
}

std::uint32_t parse_part(std::string_view field, const char* what, bool wanted) {
  if (!wanted) {
    if (!field.empty()) throw std::invalid_argument(std::string(what) + ": expected nothing for this command");
    return 0;
  }
  return static_cast<std::uint32_t>(parse_number(field, what, std::numeric_limits<std::uint32_t>::max()));
}

bool has_row(DramCommand command) {
  return command == DramCommand::kActivate || is_column(command);
}

}  // namespace

void write_dram_command(std::ostream& log, const DramCommandRecord& record) {
  const DramLocation& location = record.location;
  log << record.cycle << ',' << location.channel << ',' << name(record.command) << ',';
  if (!is_all_bank(record.command)) log << location.bank_group << ',' << location.bank << ',';
  if (is_all_bank(record.command)) log << ",,";
  if (has_row(record.command)) log << location.row;
  log << ',';
  if (is_column(record.command)) log << location.column;
  log << '\n';
}

DramCommandRecord parse_dram_command(const std::string& line) {
  const std::vector<std::string_view> fields = split(line);
  if (fields.size() != kFields) throw std::invalid_argument(std::string("expected ") + kDramLogHeader);
  const auto found = std::find(kDramCommandNames.begin(), kDramCommandNames.end(), fields[2]);
  if (found == kDramCommandNames.end()) {
    throw std::invalid_argument("command: '" + std::string(fields[2]) +
                                "', expected ACT, RD, WR, RDA, WRA, PRE, PREA or REF");
  }
  DramCommandRecord record;
  record.command = static_cast<DramCommand>(found - kDramCommandNames.begin());
  record.cycle = parse_number(fields[0], "cycle", std::numeric_limits<std::int64_t>::max());
  record.location.channel = parse_part(fields[1], "channel", true);
  record.location.bank_group = parse_part(fields[3], "bank_group", !is_all_bank(record.command));
  record.location.bank = parse_part(fields[4], "bank", !is_all_bank(record.command));
  record.location.row = parse_part(fields[5], "row", has_row(record.command));
  record.location.column = parse_part(fields[6], "column", is_column(record.command));
  return record;
}

}  // namespace esact
