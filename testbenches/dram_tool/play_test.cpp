#include "platforms/esact_dram/play.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "platforms/common/error.h"
#include "platforms/temporary_folder.h"
#include "traces.h"

using namespace esact::platform;
using namespace esact::test;

namespace {

PlayOptions options(const TemporaryFolder& folder, const std::string& trace, std::vector<std::string> sets = {}) {
  PlayOptions options;
  options.trace = folder.write("trace.csv", trace);
  options.dram.preset = "ddr4";
  options.dram.sets = std::move(sets);
  options.out = folder.path() / "out";
  options.quiet = true;
  return options;
}

nlohmann::json statistics(const PlayOptions& options) {
  play(options);
  return nlohmann::json::parse(read_file(*options.out / "statistics.json"));
}

}  // namespace

TEST_CASE("statistics.json holds the time, every figure, its unit and its description") {
  const TemporaryFolder folder;
  const auto json = statistics(options(folder, sequential_trace(65536), {"refresh=false"}));
  CHECK(json["total_tck"] == 262177);
  CHECK(json["time_ns"].get<double>() == Approx(262177 * 0.833));
  CHECK(json["read_requests"] == 65536);
  CHECK(json["read_bytes"] == 65536 * 64);
  CHECK(json["config"]["refresh"] == false);
  CHECK(json["table"] == "DDR4-2400");
  for (const char* name : {"row_hits", "row_misses", "row_conflicts", "activates", "refreshes", "bandwidth_gbps",
                           "latency_p99", "queue_occupancy_mean", "energy"}) {
    INFO(name);
    CHECK(json[name].is_number());
    CHECK_FALSE(json["figures"][name]["description"].get<std::string>().empty());
  }
}

TEST_CASE("two runs write the same bytes, and gzip changes nothing") {
  const TemporaryFolder folder;
  PlayOptions plain = options(folder, sequential_trace(3000, 3));
  plain.commands = folder.path() / "commands.csv";
  play(plain);
  const std::string statistics_bytes = read_file(*plain.out / "statistics.json");
  const std::string commands = read_file(*plain.commands);
  write_gzip(folder.path() / "trace.gz", sequential_trace(3000, 3));
  plain.trace = folder.path() / "trace.gz";
  play(plain);
  CHECK(read_file(*plain.out / "statistics.json") == statistics_bytes);
  CHECK(read_file(*plain.commands) == commands);
}

TEST_CASE("requests arrive at the first cycle not before their time") {
  const TemporaryFolder folder;
  CHECK(statistics(options(folder, "10,R,0,64\n"))["total_tck"] == 13 + 37);  // 10 ns are 12.005 tCK
  CHECK(statistics(options(folder, "10,R,0,64\n1000,R,0,64\n"))["total_tck"] == 1201 + 21);
}

TEST_CASE("a mapping of the user's replaces the table's") {
  const TemporaryFolder folder;
  PlayOptions own = options(folder, sequential_trace(2));
  std::string bits = R"({"BYTE_BIT": [0, 1, 2], "COLUMN_BIT": [3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    "BANKGROUP_BIT": [13, 14], "BANK_BIT": [15, 16], "ROW_BIT": [17)";
  for (int bit = 18; bit < 32; ++bit) bits += ", " + std::to_string(bit);
  own.dram.mapping = folder.write("mapping.json", bits + "]}");
  CHECK(statistics(own)["total_tck"] == 37 + 6);  // both in one bank group: CCD_L
  own.dram.mapping.reset();
  CHECK(statistics(own)["total_tck"] == 37 + 4);
}

TEST_CASE("a mapping that does not fit the table is refused by the name of its file") {
  const TemporaryFolder folder;
  PlayOptions own = options(folder, sequential_trace(1));
  own.dram.mapping = folder.write("mapping.json", R"({"BYTE_BIT": [0, 1, 2], "COLUMN_BIT": [3, 4],
    "BANKGROUP_BIT": [5], "BANK_BIT": [6], "ROW_BIT": [7]})");
  CHECK_THROWS_WITH(play(own), own.dram.mapping->string() + ": mapping: COLUMN_BIT: 2 bits, expected those of 1024");
}

TEST_CASE("a table of the user's replaces the presets") {
  const TemporaryFolder folder;
  PlayOptions own = options(folder, sequential_trace(1));
  own.dram.table = folder.write("slow.yaml", replaced(esact::dram_table_text("ddr4"), "RCD: 16", "RCD: 20"));
  CHECK(statistics(own)["total_tck"] == 41);
}

TEST_CASE("wrong input is refused with its place") {
  const TemporaryFolder folder;
  struct Case {
    std::string trace;
    std::string set;
    const char* message;
  };
  for (const Case& wrong :
       {Case{"0,R,100000000,64\n", "refresh=true", "line 1: 64 bytes at 0x100000000"},
        Case{"0,R,0,64\n", "refres=true", "did you mean refresh?"},
        Case{"0,R,0,64\n", "refresh=maybe", "refresh: 'maybe', expected false or true"},
        Case{"0,R,0,64\n", "channels=3", "channels: '3'"}, Case{"0,R,0,64\n", "refresh", "expected key=value"}}) {
    CHECK_THAT(message_of<std::exception>([&] { play(options(folder, wrong.trace, {wrong.set})); }),
               Catch::Contains(wrong.message));
  }
  PlayOptions unknown = options(folder, "0,R,0,64\n");
  unknown.dram.preset = "ddr5";
  CHECK_THAT(message_of<std::exception>([&] { play(unknown); }), Catch::Contains("expected ddr4, lpddr4 or hbm2"));
}
