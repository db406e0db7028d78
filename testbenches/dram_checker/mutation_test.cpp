#include <catch2/catch.hpp>
#include <set>

#include "requests.h"

using namespace esact;
using namespace esact::test;

namespace {

constexpr std::uint64_t kCommands = 30000;

/// Whether the checker finds fault with the commands that a controller gives by this table.
bool found(const DramTable& table, const DramRules& rules) {
  const AddressMapping mapping(table.mapping);
  const std::vector<Source> sources{mixed,
                                    [&](SplitMix& generator) { return adversarial(generator, mapping, table.banks); }};
  for (const DramPagePolicy policy : {DramPagePolicy::kOpen, DramPagePolicy::kClosed, DramPagePolicy::kAdaptive}) {
    for (const Source& source : sources) {
      DramControllerConfig config;
      config.page_policy = policy;
      DramChecker checker(rules, true);
      play_checked(table, config, checker, source, kCommands);
      if (!checker.violations().empty()) return true;
    }
  }
  return false;
}

/// Constraints of a table that may be a cycle too short without the checker noticing: implied by others, or between
/// commands that this controller never gives so close.
std::set<std::string> unnoticed(const char* preset) {
  const DramTable table = dram_table(preset);
  const DramRules rules = parse_dram_rules(dram_table_text(preset), preset);
  std::set<std::string> names;
  using Constraints = std::vector<DramConstraint> DramTable::*;
  for (const Constraints scope :
       {&DramTable::bank_constraints, &DramTable::bank_group_constraints, &DramTable::channel_constraints}) {
    for (std::size_t i = 0; i < (table.*scope).size(); ++i) {
      DramTable wrong = table;
      DramConstraint& constraint = (wrong.*scope)[i];
      constraint.cycles -= 1;
      if (!found(wrong, rules)) names.insert(std::string(name(constraint.after)) + " " + name(constraint.before));
    }
  }
  DramTable wrong = table;
  wrong.window_cycles -= 1;
  if (!found(wrong, rules)) names.insert("FAW");
  return names;
}

/// PREA and REF have nothing between them, refreshes are REFI apart, and a bank is rarely closed just before a refresh.
const std::set<std::string> kNeverSoClose{"RDA PREA", "WRA PREA", "PRE REF", "RDA REF", "PREA ACT", "REF REF"};

std::set<std::string> with(std::set<std::string> names, const std::string& name) {
  names.insert(name);
  return names;
}

}  // namespace

TEST_CASE("a DDR4 table whose constraint is a cycle too short is found out") {
  CHECK(unnoticed("ddr4") == with(kNeverSoClose, "WR RDA"));  // implied by WTR_L + RTP > WR
}

TEST_CASE("an LPDDR4 table whose constraint is a cycle too short is found out") {
  CHECK(unnoticed("lpddr4") == with(kNeverSoClose, "FAW"));  // implied by 4 x RRD
}

TEST_CASE("an HBM2 table whose constraint is a cycle too short is found out") {
  CHECK(unnoticed("hbm2") == with(with(kNeverSoClose, "WR RDA"), "FAW"));  // WTR_L + RTP = WR, 4 x RRD_S = FAW
}
