#include "dram_checker/rules.h"

#include <stdexcept>
#include <vector>

#include "dram/yaml_section.h"

namespace esact {
namespace {

struct Standard {
  DramStandard standard;
  std::vector<const char*> timing;  // what its rules need
};

const std::map<std::string, Standard>& standards() {
  static const std::map<std::string, Standard> kStandards{
      {"DDR4",
       {DramStandard::kDdr4,
        {"RCD", "RP", "RAS", "RC", "RL", "WL", "CCD_L", "CCD_S", "RRD_L", "RRD_S", "FAW", "RTP", "WR", "WTR_L", "WTR_S",
         "RD_TO_WR", "REFI", "RFC"}}},
      {"LPDDR4",
       {DramStandard::kLpddr4,
        {"RCD", "RPpb", "RPab", "RAS", "RC", "RL", "WL", "DQSCK", "DQSS", "DQS2DQ", "CCD", "RRD", "FAW", "RTP", "WR",
         "WTR", "RD_TO_WR", "REFI", "RFC"}}},
      {"HBM2",
       {DramStandard::kHbm2, {"RCDRD", "RCDWR", "RP",  "RAS", "RC", "RL",    "WL",    "DQSCK",    "CCD_L", "CCD_S",
                              "RRD_L", "RRD_S", "FAW", "RTP", "WR", "WTR_L", "WTR_S", "RD_TO_WR", "REFI",  "RFC"}}},
  };
  return kStandards;
}

}  // namespace

std::int64_t DramRules::length(DramCommand command) const {
  const bool wide = command == DramCommand::kActivate;
  if (standard == DramStandard::kLpddr4) return wide || is_column(command) ? 4 : 2;
  return standard == DramStandard::kHbm2 && wide ? 2 : 1;
}

std::size_t DramRules::bus(DramCommand command) const {
  return standard == DramStandard::kHbm2 && is_column(command) ? 1 : 0;
}

DramRules parse_dram_rules(const std::string& text, const std::string& source) {
  const YamlSection document = YamlSection::document(text, source);
  const auto found = standards().find(document.text("standard"));
  if (found == standards().end()) throw document.error("standard", "expected DDR4, LPDDR4 or HBM2");
  DramRules rules;
  rules.standard = found->second.standard;
  const YamlSection organisation = document.section("organisation");
  rules.bank_groups = organisation.integer("bank_groups");
  rules.banks = organisation.integer("banks");
  rules.rows = organisation.integer("rows");
  rules.columns = organisation.integer("columns");
  rules.half_burst = organisation.integer("burst_length") / 2;
  const YamlSection timing = document.section("timing");
  for (const char* name : found->second.timing) rules.timing[name] = timing.integer(name);
  return rules;
}

}  // namespace esact
