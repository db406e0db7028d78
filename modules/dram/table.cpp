#include "dram/table.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "dram/sum_expression.h"
#include "dram/yaml_section.h"

namespace esact {
namespace {

constexpr const char* kFormat = "esact-dram-1";
constexpr std::uint32_t kBitsPerByte = 8;
constexpr std::uint32_t kMostBanks = 64;
constexpr double kPicosecondsPerNanosecond = 1000;

/// Timing parameters by name, and sums of them.
class Timing {
 public:
  Timing(const YamlSection& section, DramCycle burst_cycles) : section_(section) {
    for (const std::string& key : section.keys()) names_[key] = section.integer(key);
    names_["BURST"] = static_cast<std::int64_t>(burst_cycles);
  }

  DramCycle at(const std::string& name) const { return section_.integer(name); }

  /// The sum that stands at `key` of `section`.
  DramCycle sum(const YamlSection& section, const std::string& key) const {
    try {
      const std::int64_t value = evaluate_sum(section.text(key), names_);
      if (value < 0) throw std::invalid_argument("is negative");
      return static_cast<DramCycle>(value);
    } catch (const std::invalid_argument& problem) {
      throw section.error(key, problem.what());
    }
  }

 private:
  YamlSection section_;
  std::map<std::string, std::int64_t> names_;
};

DramCommand parse_command(const YamlSection& section, const std::string& key, const std::string& text) {
  const auto found = std::find(kDramCommandNames.begin(), kDramCommandNames.end(), text);
  if (found == kDramCommandNames.end()) throw section.error(key, "'" + text + "' is no command");
  return static_cast<DramCommand>(found - kDramCommandNames.begin());
}

std::vector<DramCommand> parse_commands(const YamlSection& section, const std::string& key) {
  std::vector<DramCommand> commands;
  for (const std::string& text : section.texts(key)) commands.push_back(parse_command(section, key, text));
  return commands;
}

void read_organisation(const YamlSection& section, DramTable& table) {
  section.check_keys({"bank_groups", "banks", "rows", "columns", "data_bits", "burst_length"});
  table.bank_groups = section.integer("bank_groups");
  table.banks = section.integer("banks");
  table.rows = section.integer("rows");
  table.columns = section.integer("columns");
  table.column_bytes = section.integer("data_bits") / kBitsPerByte;
  const std::uint32_t burst_length = section.integer("burst_length");
  table.burst_bytes = table.column_bytes * burst_length;
  table.burst_cycles = burst_length / 2;
  for (const char* key : {"bank_groups", "banks", "rows", "columns", "data_bits", "burst_length"}) {
    const std::uint32_t value = section.integer(key);
    if (value == 0 || (value & (value - 1)) != 0) throw section.error(key, "expected a power of two");
  }
  if (table.banks > kMostBanks) throw section.error("banks", "expected 64 at most");
  if (table.bank_groups > table.banks) throw section.error("bank_groups", "more than banks");
}

void read_commands(const YamlSection& document, DramTable& table) {
  const YamlSection lengths = document.section("commands");
  for (std::size_t i = 0; i < kDramCommands; ++i) table.command_cycles[i] = lengths.integer(kDramCommandNames[i]);
  lengths.check_keys({kDramCommandNames.begin(), kDramCommandNames.end()});

  const YAML::Node buses = document.at("buses");
  std::size_t placed = 0;
  for (const YAML::Node& bus : buses) {
    for (const YAML::Node& entry : bus) {
      const DramCommand command = parse_command(document, "buses", entry.as<std::string>());
      table.command_bus[index(command)] = table.buses;
      ++placed;
    }
    ++table.buses;
  }
  if (placed != kDramCommands) throw document.error("buses", "expected every command once");
}

std::vector<DramConstraint> read_constraints(const YamlSection& section, const std::string& scope,
                                             const Timing& timing) {
  std::vector<DramConstraint> constraints;
  if (!section.contains(scope)) return constraints;
  for (const YamlSection& entry : section.sections(scope)) {
    entry.check_keys({"after", "before", "cycles"});
    const DramCycle cycles = timing.sum(entry, "cycles");
    for (const DramCommand after : parse_commands(entry, "after")) {
      for (const DramCommand before : parse_commands(entry, "before")) constraints.push_back({after, before, cycles});
    }
  }
  return constraints;
}

DramCoefficient read_coefficient(const YamlSection& section) {
  section.check_keys({"value", "provenance", "source"});
  return {section.number("value"), section.text("provenance"), section.text("source")};
}

/// Coefficients that a data sheet's currents give, as Micron's power calculators do: each command's current above
/// standby for its time, for all devices of the channel.
DramEnergyTable energy_of_currents(const YamlSection& section, const Timing& timing, const DramTable& table) {
  DramEnergyTable energy;
  const double devices = section.integer("devices");
  const double nanoseconds = table.clock_ps / kPicosecondsPerNanosecond;
  const auto cycles = [&](const char* name) { return static_cast<double>(timing.at(name)); };
  const double burst = static_cast<double>(table.burst_cycles);
  std::array<std::string, kDramEnergyParts> provenance;
  std::string sources;
  for (const YamlSection& supply : section.sections("supplies")) {
    supply.check_keys({"name", "volt", "provenance", "source", "IDD0", "IDD2N", "IDD3N", "IDD4R", "IDD4W", "IDD5B"});
    const double scale = supply.number("volt") * devices;  // mA x V = mW
    const double open = supply.number("IDD3N");
    const double closed = supply.number("IDD2N");
    const std::array<double, kDramEnergyParts> values{
        (supply.number("IDD0") * cycles("RC") - open * cycles("RAS") - closed * (cycles("RC") - cycles("RAS"))) *
            nanoseconds,
        (supply.number("IDD4R") - open) * burst * nanoseconds,
        (supply.number("IDD4W") - open) * burst * nanoseconds,
        (supply.number("IDD5B") - closed) * cycles("RFC") * nanoseconds,
        open,
        closed};
    for (std::size_t part = 0; part < kDramEnergyParts; ++part) energy[part].value += values[part] * scale;
    sources += (sources.empty() ? "" : ", ") + supply.text("name") + ": " + supply.text("source");
    for (DramCoefficient& coefficient : energy) {
      const bool assumed = coefficient.provenance == "assumed" || supply.text("provenance") == "assumed";
      coefficient.provenance = assumed ? "assumed" : "derived";
    }
  }
  for (DramCoefficient& coefficient : energy) coefficient.source = "from currents; " + sources;
  return energy;
}

DramEnergyTable read_energy(const YamlSection& section, const Timing& timing, const DramTable& table) {
  const std::string model = section.text("model");
  if (model == "currents") {
    section.check_keys({"model", "devices", "supplies"});
    return energy_of_currents(section, timing, table);
  }
  if (model != "commands") throw section.error("model", "'" + model + "', expected currents or commands");
  section.check_keys({"model", "ACT", "RD", "WR", "REF", "active_standby", "precharged_standby"});
  DramEnergyTable energy;
  std::size_t part = 0;
  for (const char* key : {"ACT", "RD", "WR", "REF", "active_standby", "precharged_standby"}) {
    energy[part++] = read_coefficient(section.section(key));
  }
  return energy;
}

DramBitLists read_mapping(const YamlSection& section) {
  section.check_keys({"BYTE_BIT", "COLUMN_BIT", "BANKGROUP_BIT", "BANK_BIT", "ROW_BIT", "CHANNEL_BIT"});
  const auto optional = [&section](const char* key) {
    return section.contains(key) ? section.integers(key) : std::vector<std::uint32_t>{};
  };
  DramBitLists lists;
  lists.byte = section.integers("BYTE_BIT");
  lists.column = section.integers("COLUMN_BIT");
  lists.bank_group = optional("BANKGROUP_BIT");
  lists.bank = section.integers("BANK_BIT");
  lists.row = section.integers("ROW_BIT");
  lists.channel = optional("CHANNEL_BIT");
  try {
    AddressMapping{lists};
  } catch (const std::invalid_argument& problem) {
    throw section.error("*_BIT", problem.what());
  }
  return lists;
}

}  // namespace

DramTable parse_dram_table(const std::string& text, const std::string& source) {
  const YamlSection document = YamlSection::document(text, source);
  document.check_keys({"format", "name", "standard", "clock_ps", "organisation", "commands", "buses", "timing",
                       "constraints", "activation_window", "data_end", "auto_precharge", "refresh", "direct_latency",
                       "mapping", "energy"});
  if (document.text("format") != kFormat) throw document.error("format", std::string("expected ") + kFormat);
  DramTable table;
  table.name = document.text("name");
  table.clock_ps = document.integer("clock_ps");
  if (table.clock_ps == 0) throw document.error("clock_ps", "expected 1 at least");
  read_organisation(document.section("organisation"), table);
  read_commands(document, table);

  const Timing timing(document.section("timing"), table.burst_cycles);
  const YamlSection constraints = document.section("constraints");
  constraints.check_keys({"bank", "bank_group", "channel"});
  table.bank_constraints = read_constraints(constraints, "bank", timing);
  table.bank_group_constraints = read_constraints(constraints, "bank_group", timing);
  table.channel_constraints = read_constraints(constraints, "channel", timing);
  const YamlSection window = document.section("activation_window");
  table.window_activations = window.integer("activations");
  table.window_cycles = timing.sum(window, "cycles");

  table.read_end = timing.sum(document.section("data_end"), "read");
  table.write_end = timing.sum(document.section("data_end"), "write");
  table.read_precharge = timing.sum(document.section("auto_precharge"), "read");
  table.write_precharge = timing.sum(document.section("auto_precharge"), "write");
  table.refresh_interval = timing.sum(document.section("refresh"), "interval");
  table.direct_latency = document.integer("direct_latency");
  table.mapping = read_mapping(document.section("mapping"));
  table.energy = read_energy(document.section("energy"), timing, table);
  return table;
}

DramBitLists parse_dram_mapping(const std::string& text, const std::string& source) {
  const YamlSection document = YamlSection::document(text, source);
  return read_mapping(document.contains("addressmapping") ? document.section("addressmapping") : document);
}

DramTable dram_table(std::string_view preset) {
  return parse_dram_table(dram_table_text(preset), std::string(preset));
}

}  // namespace esact
