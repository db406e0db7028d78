#include <catch2/catch.hpp>
#include <set>

#include "dram/table.h"
#include "dram_checker/dram_checker.h"

using namespace esact;

namespace {

constexpr auto kAct = DramCommand::kActivate;
constexpr auto kRd = DramCommand::kRead;
constexpr auto kWr = DramCommand::kWrite;
constexpr auto kRda = DramCommand::kReadAuto;
constexpr auto kWra = DramCommand::kWriteAuto;
constexpr auto kPre = DramCommand::kPrecharge;
constexpr auto kPrea = DramCommand::kPrechargeAll;
constexpr auto kRef = DramCommand::kRefresh;

struct Step {
  DramCycle cycle;
  DramCommand command;
  std::uint32_t bank = 0;
  std::uint32_t row = 0;
};

/// Rules that a sequence breaks, without refreshes being asked for.
std::set<std::string> broken(const char* preset, const std::vector<Step>& steps) {
  const DramRules rules = parse_dram_rules(dram_table_text(preset), preset);
  DramChecker checker(rules, false);
  for (const Step& step : steps) {
    DramCommandRecord record{step.cycle, step.command, {}};
    record.location.bank = step.bank;
    record.location.bank_group = step.bank / (rules.banks / rules.bank_groups);
    record.location.row = step.row;
    checker.check(record);
  }
  std::set<std::string> names;
  for (const DramViolation& violation : checker.violations()) names.insert(violation.rule);
  return names;
}

/// A sequence that is legal as it stands and breaks `rule` when its last command comes a cycle earlier.
struct SeededCase {
  const char* rule;
  const char* preset;
  std::vector<Step> steps;
};

const std::vector<SeededCase> kSeeded{
    {"RCD", "ddr4", {{0, kAct}, {16, kRd}}},
    {"RC", "ddr4", {{0, kAct}, {16, kRda}, {55, kAct}}},
    {"RAS", "ddr4", {{0, kAct}, {39, kPre}}},
    {"RAS", "ddr4", {{0, kAct}, {39, kPrea}}},
    {"RP", "ddr4", {{0, kAct}, {60, kPre}, {76, kAct}}},
    {"RP", "ddr4", {{0, kAct}, {60, kPrea}, {76, kRef}}},
    {"RP", "ddr4", {{0, kAct}, {60, kRda}, {88, kRef}}},
    {"RP", "ddr4", {{0, kAct}, {60, kWra}, {114, kAct}}},
    {"RRD_L", "ddr4", {{0, kAct}, {6, kAct, 1}}},
    {"RRD_S", "ddr4", {{0, kAct}, {4, kAct, 4}}},
    {"FAW", "ddr4", {{0, kAct}, {4, kAct, 4}, {8, kAct, 8}, {12, kAct, 12}, {26, kAct, 1}}},
    {"CCD_L", "ddr4", {{0, kAct}, {6, kAct, 1}, {40, kRd}, {46, kRd, 1}}},
    {"CCD_L", "ddr4", {{0, kAct}, {6, kAct, 1}, {40, kWr}, {46, kWr, 1}}},
    {"CCD_S", "ddr4", {{0, kAct}, {6, kAct, 4}, {40, kRd}, {44, kRd, 4}}},
    {"data_bus", "ddr4", {{0, kAct}, {6, kAct, 4}, {40, kWr}, {44, kWr, 4}}},
    {"RTP", "ddr4", {{0, kAct}, {60, kRd}, {72, kPre}}},
    {"WR", "ddr4", {{0, kAct}, {60, kWr}, {98, kPre}}},
    {"WR", "ddr4", {{0, kAct}, {60, kWr}, {98, kPrea}}},
    {"WTR_L", "ddr4", {{0, kAct}, {6, kAct, 1}, {40, kWr}, {69, kRd, 1}}},
    {"WTR_S", "ddr4", {{0, kAct}, {6, kAct, 4}, {40, kWr}, {63, kRd, 4}}},
    {"RD_TO_WR", "ddr4", {{0, kAct}, {6, kAct, 4}, {40, kRd}, {46, kWr, 4}}},
    {"RFC", "ddr4", {{0, kRef}, {312, kAct}}},
    {"RFC", "ddr4", {{0, kRef}, {312, kRef}}},
    {"command_bus", "ddr4", {{0, kAct}, {16, kRd}, {17, kPre, 4}}},

    {"RCD", "lpddr4", {{0, kAct}, {29, kWr}}},
    {"RAS", "lpddr4", {{0, kAct}, {70, kPre}}},
    {"RC", "lpddr4", {{0, kAct}, {30, kRda}, {97, kAct}}},
    {"RP", "lpddr4", {{0, kAct}, {80, kPre}, {107, kAct}}},
    {"RP", "lpddr4", {{0, kAct}, {80, kPrea}, {112, kAct}}},
    {"RP", "lpddr4", {{0, kAct}, {80, kPrea}, {114, kRef}}},
    {"RP", "lpddr4", {{0, kAct}, {80, kPre}, {109, kRef}}},
    {"RRD", "lpddr4", {{0, kAct}, {16, kAct, 1}}},
    {"FAW", "lpddr4", {{0, kAct}, {16, kAct, 1}, {32, kAct, 2}, {48, kAct, 3}, {64, kAct, 4}}},
    {"CCD", "lpddr4", {{0, kAct}, {40, kRd}, {48, kRd}}},
    {"RTP", "lpddr4", {{0, kAct}, {80, kRd}, {94, kPre}}},
    {"WR", "lpddr4", {{0, kAct}, {80, kWr}, {134, kPre}}},
    {"WR", "lpddr4", {{0, kAct}, {40, kWr}, {80, kRda}}},
    {"WTR", "lpddr4", {{0, kAct}, {40, kWr}, {79, kRd}}},
    {"RD_TO_WR", "lpddr4", {{0, kAct}, {40, kRd}, {70, kWr}}},
    {"RFC", "lpddr4", {{0, kRef}, {446, kAct}}},
    {"command_bus", "lpddr4", {{0, kAct}, {30, kRd}, {34, kPre, 1}}},

    {"RCDRD", "hbm2", {{0, kAct}, {13, kRd}}},
    {"RCDWR", "hbm2", {{0, kAct}, {7, kWr}}},
    {"RAS", "hbm2", {{0, kAct}, {29, kPre}}},
    {"RC", "hbm2", {{0, kAct}, {13, kRda}, {42, kAct}}},
    {"RP", "hbm2", {{0, kAct}, {40, kPre}, {53, kAct}}},
    {"RP", "hbm2", {{0, kAct}, {40, kPrea}, {54, kRef}}},
    {"RRD_L", "hbm2", {{0, kAct}, {6, kAct, 1}}},
    {"RRD_S", "hbm2", {{0, kAct}, {4, kAct, 4}}},
    {"FAW", "hbm2", {{0, kAct}, {4, kAct, 4}, {8, kAct, 8}, {12, kAct, 12}, {16, kAct, 1}}},
    {"CCD_L", "hbm2", {{0, kAct}, {20, kRd}, {23, kRd}}},
    {"CCD_S", "hbm2", {{0, kAct}, {4, kAct, 4}, {20, kRd}, {22, kRd, 4}}},
    {"RTP", "hbm2", {{0, kAct}, {40, kRd}, {45, kPre}}},
    {"WR", "hbm2", {{0, kAct}, {40, kWr}, {63, kPre}}},
    {"WTR_L", "hbm2", {{0, kAct}, {40, kWr}, {58, kRd}}},
    {"WTR_S", "hbm2", {{0, kAct}, {4, kAct, 4}, {40, kWr}, {53, kRd, 4}}},
    {"RD_TO_WR", "hbm2", {{0, kAct}, {20, kRd}, {38, kWr}}},
    {"RFC", "hbm2", {{0, kRef}, {219, kAct}}},
    {"command_bus", "hbm2", {{0, kAct}, {2, kPre, 4}}},
};

/// A sequence that is wrong whatever its distances.
const std::vector<SeededCase> kWrong{
    {"closed_row", "ddr4", {{100, kRd}}},
    {"closed_row", "ddr4", {{0, kAct, 0, 1}, {100, kRd, 0, 2}}},
    {"closed_row", "lpddr4", {{0, kAct, 0, 1}, {100, kPre}, {300, kWr, 0, 1}}},
    {"closed_row", "hbm2", {{0, kAct, 0, 1}, {100, kRda, 0, 1}, {300, kRd, 0, 1}}},
    {"open_bank", "ddr4", {{0, kAct, 0, 1}, {500, kAct, 0, 2}}},
    {"open_bank", "hbm2", {{0, kAct, 0, 1}, {500, kRef}}},
    {"order", "ddr4", {{100, kAct}, {50, kAct, 4}}},
    {"bank", "lpddr4", {{0, kAct, 8}}},
    {"row", "ddr4", {{0, kAct, 0, 32768}}},
};

}  // namespace

TEST_CASE("a command is legal at its distance and found a cycle before it") {
  for (const SeededCase& seeded : kSeeded) {
    CAPTURE(seeded.preset, seeded.rule, seeded.steps.back().cycle);
    CHECK(broken(seeded.preset, seeded.steps).empty());
    std::vector<Step> early = seeded.steps;
    early.back().cycle -= 1;
    CHECK(broken(seeded.preset, early).count(seeded.rule) == 1);
  }
}

TEST_CASE("commands that the state of a bank forbids are found") {
  for (const SeededCase& wrong : kWrong) {
    CAPTURE(wrong.preset, wrong.rule);
    CHECK(broken(wrong.preset, wrong.steps).count(wrong.rule) == 1);
  }
}

TEST_CASE("HBM2 takes a row and a column command in one cycle, DDR4 does not") {
  const std::vector<Step> steps{{0, kAct}, {20, kRd}, {20, kAct, 4}};
  CHECK(broken("hbm2", steps).empty());
  CHECK(broken("ddr4", steps) == std::set<std::string>{"command_bus"});
}

TEST_CASE("refreshes must come, eight of them may be late") {
  const DramRules rules = parse_dram_rules(dram_table_text("ddr4"), "ddr4");
  const auto violations = [&rules](DramCycle refresh) {
    DramChecker checker(rules, true);
    checker.check({refresh, kRef, {}});
    return checker.violations().size();
  };
  CHECK(violations(9 * 9360) == 0);
  CHECK(violations(9 * 9360 + 312 + 1) == 1);
}

TEST_CASE("a violation says where, what and why") {
  const DramRules rules = parse_dram_rules(dram_table_text("ddr4"), "ddr4");
  DramChecker checker(rules, false);
  DramCommandRecord record{10, kAct, {}};
  checker.check(record);
  record = {25, kRd, {}};
  checker.check(record);
  REQUIRE(checker.violations().size() == 1);
  CHECK(to_string(checker.violations()[0]) == "cycle 25, channel 0, RD bank 0: RCD: 16 cycles, found 15");
  CHECK(checker.commands() == 2);
}

TEST_CASE("channels are checked apart") {
  const DramRules rules = parse_dram_rules(dram_table_text("ddr4"), "ddr4");
  DramChecker checker(rules, false);
  for (std::uint32_t channel = 0; channel < 3; ++channel) {
    DramCommandRecord record{0, kAct, {}};
    record.location.channel = channel;
    checker.check(record);
  }
  CHECK(checker.violations().empty());
}

TEST_CASE("rules need all parameters of their standard") {
  std::string text = dram_table_text("ddr4");
  text.replace(text.find("  WTR_L: 9\n"), std::string("  WTR_L: 9\n").size(), "");
  CHECK_THROWS_WITH(parse_dram_rules(text, "t.yaml"), Catch::Contains("timing.WTR_L: missing"));
}
