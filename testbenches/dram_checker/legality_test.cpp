#include <catch2/catch.hpp>
#include <cstdlib>

#include "requests.h"

using namespace esact;
using namespace esact::test;

namespace {

/// Commands of each run: few by default, more by the environment (long_legality.sh).
std::uint64_t commands_wanted() {
  const char* wanted = std::getenv("ESACT_LEGALITY_COMMANDS");
  return wanted == nullptr ? 20000 : std::strtoull(wanted, nullptr, 10);
}

void check_run(const DramTable& table, const DramControllerConfig& config, const DramRules& rules,
               const Source& source) {
  DramChecker checker(rules, config.refresh);
  play_checked(table, config, checker, source, commands_wanted());
  const std::string first = checker.violations().empty() ? "" : to_string(checker.violations().front());
  INFO(first);
  CHECK(checker.violations().empty());
}

void check_preset(const char* preset) {
  const DramTable table = dram_table(preset);
  const DramRules rules = parse_dram_rules(dram_table_text(preset), preset);
  const AddressMapping mapping(table.mapping);
  const std::vector<Source> sources{uniform, mixed,
                                    [&](SplitMix& generator) { return adversarial(generator, mapping, table.banks); }};
  for (const DramScheduler scheduler : {DramScheduler::kFrFcfs, DramScheduler::kFifo}) {
    for (const DramPagePolicy policy : {DramPagePolicy::kOpen, DramPagePolicy::kClosed, DramPagePolicy::kAdaptive}) {
      for (std::size_t source = 0; source < sources.size(); ++source) {
        CAPTURE(preset, static_cast<int>(scheduler), static_cast<int>(policy), source);
        DramControllerConfig config;
        config.scheduler = scheduler;
        config.page_policy = policy;
        check_run(table, config, rules, sources[source]);
      }
    }
  }
}

}  // namespace

TEST_CASE("DDR4 commands are legal under every scheduler, page policy and traffic") {
  check_preset("ddr4");
}

TEST_CASE("LPDDR4 commands are legal under every scheduler, page policy and traffic") {
  check_preset("lpddr4");
}

TEST_CASE("HBM2 commands are legal under every scheduler, page policy and traffic") {
  check_preset("hbm2");
}

TEST_CASE("commands of four channels are legal, with and without refresh") {
  const DramTable table = dram_table("hbm2");
  const DramRules rules = parse_dram_rules(dram_table_text("hbm2"), "hbm2");
  for (const bool refresh : {false, true}) {
    DramControllerConfig config;
    config.channels = 4;
    config.refresh = refresh;
    check_run(table, config, rules, mixed);
  }
}
