#include <catch2/catch.hpp>

#include "dram/sum_expression.h"
#include "traffic.h"

using namespace esact;
using namespace esact::test;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the tables hold the organisation of their devices") {
  struct Case {
    const char* preset;
    std::uint32_t burst_bytes;
    std::uint64_t bytes;
    double peak_gbps;
  };
  for (const Case& expected : {Case{"ddr4", 64, std::uint64_t{4} << 30, 19.2}, Case{"lpddr4", 32, 1 << 30, 6.4},
                               Case{"hbm2", 32, 512 << 20, 16.0}}) {
    const DramTable table = dram_table(expected.preset);
    INFO(expected.preset);
    CHECK(table.burst_bytes == expected.burst_bytes);
    CHECK(table.channel_bytes() == expected.bytes);
    CHECK(AddressMapping(table.mapping).bytes() == expected.bytes);
    const double peak = table.burst_bytes / (static_cast<double>(table.burst_cycles) * table.clock_ps) * 1e3;
    CHECK(peak == Approx(expected.peak_gbps).epsilon(0.001));
  }
  CHECK_THROWS_WITH(dram_table("ddr5"), Catch::Contains("ddr5"));
}

TEST_CASE("another speed grade is data") {
  std::string text = dram_table_text("ddr4");
  text = replaced(text, "clock_ps: 833", "clock_ps: 1250");  // DDR4-1600 11-11-11
  text = replaced(text, "RCD: 16", "RCD: 11");
  text = replaced(text, "RP: 16", "RP: 11");
  text = replaced(text, "RL: 16", "RL: 11");
  const DramTable table = parse_dram_table(text, "ddr4_1600.yaml");
  DramControllerConfig config;
  config.refresh = false;
  const Traffic rows = conflicts(2, table);
  CHECK(latencies({rows[0], rows[0], rows[1]}, table, config) == std::vector<DramCycle>{27, 16, 38});
}

TEST_CASE("a wrong table is refused with file, key and reason") {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const std::vector<Case> cases{
      {"format: esact-dram-1", "format: 2", "t.yaml: format"},
      {"banks: 16", "banks: 12", "organisation.banks: expected a power of two"},
      {"  RFC: 312\n", "", "'RFC' is neither"},
      {"RCD: 16", "RCD: many", "timing.RCD: expected a whole number"},
      {"after: [PRE], before: [ACT], cycles: RP", "after: [PRE], before: [ACTT], cycles: RP", "'ACTT' is no command"},
      {"cycles: RTP + RP", "cycles: RTP - RCD - RP", "is negative"},
      {"BYTE_BIT: [0, 1, 2]", "BYTE_BIT: [0, 1, 3]", "address bit 3 is used twice"},
      {"model: currents", "model: guess", "energy.model"},
      {"clock_ps: 833", "clock_ps: 833\nspeed: 2", "speed: unknown key"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.to);
    const std::string text = replaced(dram_table_text("ddr4"), wrong.from, wrong.to);
    CHECK_THROWS_WITH(parse_dram_table(text, "t.yaml"), Catch::Contains(wrong.message));
  }
  CHECK_THROWS_WITH(parse_dram_table("a: [", "t.yaml"), Catch::Contains("t.yaml: line"));
}

TEST_CASE("sums of timing parameters") {
  const std::map<std::string, std::int64_t> names{{"WL", 16}, {"WR", 18}};
  CHECK(evaluate_sum("WL", names) == 16);
  CHECK(evaluate_sum("WL + WR - 2", names) == 32);
  CHECK(evaluate_sum("7", names) == 7);
  CHECK_THROWS(evaluate_sum("WL +", names));
  CHECK_THROWS(evaluate_sum("WL * 2", names));
}

TEST_CASE("the default mappings are the given bit lists") {
  // Bank (over all groups), row and column of some addresses by hand from the lists.
  struct Case {
    const char* preset;
    std::uint64_t address;
    std::uint32_t bank;
    std::uint32_t row;
    std::uint32_t column;
  };
  const std::vector<Case> cases{
      {"ddr4", 64, 4, 0, 0},        {"ddr4", 256, 0, 0, 8},
      {"ddr4", 1 << 15, 1, 0, 0},   {"ddr4", (1 << 17) + 8, 0, 1, 1},
      {"lpddr4", 64, 1, 0, 0},      {"lpddr4", 512 + 2, 0, 0, 33},
      {"lpddr4", 1 << 14, 0, 1, 0}, {"hbm2", 32, 4, 0, 0},
      {"hbm2", 128, 1, 0, 0},       {"hbm2", 512, 0, 0, 4},
      {"hbm2", 1 << 14, 0, 1, 0},
  };
  for (const Case& expected : cases) {
    const AddressMapping mapping(dram_table(expected.preset).mapping);
    const DramLocation found = mapping.decode(expected.address);
    CAPTURE(expected.preset, expected.address);
    CHECK(found.bank == expected.bank);
    CHECK(found.row == expected.row);
    CHECK(found.column == expected.column);
    CHECK(mapping.encode(found) == expected.address);
  }
}

TEST_CASE("bit lists come as JSON too, and channels may be interleaved") {
  const DramBitLists lists = parse_dram_mapping(
      R"({"addressmapping": {"BYTE_BIT": [0], "COLUMN_BIT": [1, 2], "BANK_BIT": [4], "ROW_BIT": [5, 3]}})", "m.json");
  const AddressMapping mapping(lists);
  CHECK(mapping.bytes() == 64);
  CHECK(mapping.decode(0x08).row == 2);
  CHECK(mapping.decode(0x20).row == 1);
  const AddressMapping channels = mapping.interleaved(2, 3);
  CHECK(channels.bytes() == 128);
  CHECK(channels.decode(0x08).channel == 1);
  CHECK(channels.decode(0x10).row == 2);
  SplitMix generator(5);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t address = generator.below(128) & ~std::uint64_t{1};
    REQUIRE(channels.encode(channels.decode(address)) == address);
  }
  CHECK_THROWS_WITH(parse_dram_mapping("{BYTE_BIT: [0], COLUMN_BIT: [1], BANK_BIT: [2], ROW_BIT: [4]}", "m.json"),
                    Catch::Contains("bit 3 is not used"));
}
