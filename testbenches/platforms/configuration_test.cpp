#include "platforms/common/configuration.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>

#include "platforms/common/error.h"
#include "platforms/temporary_folder.h"

namespace {

using namespace esact::platform;
using esact::test::message_of;
using esact::test::read_file;
using esact::test::TemporaryFolder;

std::string error_of(const std::vector<std::string>& sets) {
  return message_of<UserError>([&] { load_configuration(std::nullopt, sets); });
}

/// Texts among which every parameter finds one that it accepts and that is not its default.
std::vector<std::string> candidates(const std::string& expected) {
  std::vector<std::string> texts{"1", "2", "3", "32", "8192", "0.5", ""};
  for (const char character : expected) {
    if (std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_') {
      texts.back() += character;
    } else {
      texts.emplace_back();
    }
  }
  return texts;
}

/// A configuration in which `parameter` alone differs from the default.
PlatformConfig changed(const Parameter<PlatformConfig>& parameter) {
  for (const std::string& text : candidates(parameter.expected)) {
    PlatformConfig config;
    try {
      parameter.set(config, "test", text);
    } catch (const UserError&) {
      continue;
    }
    if (parameter.get(config) != parameter.get(PlatformConfig())) return config;
  }
  return {};
}

}  // namespace

TEST_CASE("Every parameter is bound to a field of its own") {
  for (const auto& parameter : platform_parameters()) {
    if (parameter.key == "dram.preset") continue;  // has one value so far
    const PlatformConfig config = changed(parameter);
    INFO(parameter.key);
    CHECK(parameter.get(config) != parameter.get(PlatformConfig()));
    for (const auto& other : platform_parameters()) {
      if (other.key != parameter.key) CHECK(other.get(config) == other.get(PlatformConfig()));
    }
  }
}

TEST_CASE("Whole numbers are accepted up to both ends of their range and refused beyond") {
  std::size_t ranges = 0;
  for (const auto& parameter : platform_parameters()) {
    const std::string prefix = "a whole number ";
    if (parameter.expected.compare(0, prefix.size(), prefix) != 0) continue;
    ++ranges;
    PlatformConfig config;
    INFO(parameter.key);
    const std::uint64_t least = std::stoull(parameter.expected.substr(prefix.size()));
    const std::uint64_t most = std::stoull(parameter.expected.substr(parameter.expected.find("..") + 2));
    parameter.set(config, "test", std::to_string(least));
    CHECK(parameter.get(config) == least);
    parameter.set(config, "test", std::to_string(most));
    CHECK(parameter.get(config) == most);
    CHECK_THROWS_AS(parameter.set(config, "test", std::to_string(most + 1)), UserError);
    if (least > 0) CHECK_THROWS_AS(parameter.set(config, "test", std::to_string(least - 1)), UserError);
    CHECK(parameter.get(config) == most);
  }
  CHECK(ranges > 15);
}

TEST_CASE("The fixed keys exist") {
  std::vector<std::string> keys;
  for (const auto& parameter : platform_parameters()) keys.push_back(parameter.key);
  for (const auto& parameter : spls_parameters()) keys.push_back(parameter.key);
  for (const char* key : {"spls.enabled", "spls.k_q8", "spls.s_q8", "spls.f_q8", "spls.window", "spls.quantizer",
                          "spls.ties", "spls.offset", "spls.metric", "projection.reuse", "predictor.products_per_cycle",
                          "predictor.progressive", "mac_array.lines", "mac_array.groups", "mac_array.allocation",
                          "sram.bytes", "sram.allocation", "dram.preset", "tlm.mode"}) {
    INFO(key);
    CHECK(std::count(keys.begin(), keys.end(), key) == 1);
  }
}

TEST_CASE("Files set nested keys and the command line has the last word") {
  const TemporaryFolder folder;
  const auto file = folder.write("c.yaml",
                                 "mac_array:\n  lines: 32\n  allocation: static\nsram: {bytes: 2097152}\n"
                                 "spls: {k_q8: 20}\ndram: {bandwidth_gbps: 12.5}\n");
  const PlatformConfig config = load_configuration(
      file, {"mac_array.lines=8", "spls.k_q8=30", "tlm.mode=approximate", "predictor.progressive=false"});
  CHECK(config.esact.mac_array.lines == 8);
  CHECK(config.esact.mac_array.allocation == esact::Allocation::kStatic);
  CHECK(config.esact.sram.bytes == 2097152);
  CHECK(config.esact.tlm.mode == esact::TlmMode::kApproximate);
  CHECK_FALSE(config.esact.predictor.progressive);
  CHECK(config.dram.bandwidth_gbps == 12.5);
  REQUIRE(config.spls.size() == 2);
  CHECK(config.spls[0].value == "20");
  CHECK(config.spls[1].value == "30");
  CHECK(config.spls[1].source == "--set");
  CHECK_NOTHROW(load_configuration(folder.write("empty.yaml", "# nothing\n"), {}));
}

TEST_CASE("Mistakes on the command line are named") {
  struct Case {
    std::vector<std::string> sets;
    const char* message;
  };
  const Case cases[] = {
      {{"mac_array.lines"}, "--set: setting: 'mac_array.lines', expected key=value"},
      {{"=3"}, "--set: : unknown key, did you mean"},
      {{"mac_array.line=3"}, "--set: mac_array.line: unknown key, did you mean mac_array.lines?"},
      {{"mac_array=3"}, "--set: mac_array: unknown key, did you mean"},
      {{"predictor.progresive=true"}, "--set: predictor.progresive: unknown key, did you mean predictor.progressive?"},
      {{"mac_array.lines=0"}, "--set: mac_array.lines: '0', expected a whole number 1..4096"},
      {{"mac_array.lines=16 "}, "--set: mac_array.lines: '16 ', expected"},
      {{"mac_array.lines="}, "--set: mac_array.lines: '', expected"},
      {{"mac_array.lines=0x10"}, "--set: mac_array.lines: '0x10', expected"},
      {{"predictor.progressive=1"}, "--set: predictor.progressive: '1', expected false or true"},
      {{"mac_array.allocation=fixed"}, "--set: mac_array.allocation: 'fixed', expected dynamic or static"},
      {{"sram.bytes=5000"}, "--set: sram.bytes: '5000', expected a multiple of 4096 in 4096..1073741824"},
      {{"sram.banks=33"}, "--set: sram.banks: '33', expected a power of two 1..1024"},
      {{"dram.preset=ddr5"}, "--set: dram.preset: 'ddr5', expected simple, ddr4, lpddr4 or hbm2"},
      {{"dram.latency_ns=nan"}, "--set: dram.latency_ns: 'nan', expected a number 0..100000"},
      {{"dram.bandwidth_gbps=0"}, "--set: dram.bandwidth_gbps: '0', expected a number"},
      {{"spls.k_q8=257"}, "--set: spls.k_q8: '257', expected a whole number 1..256"},
      {{"spls.kq8=25"}, "--set: spls.kq8: unknown key, did you mean spls.k_q8?"},
      {{"mac_array.groups=3"}, "--set: mac_array.groups: 3 does not divide mac_array.lines 16"},
      {{"mac_array.lines=6"}, "--set: mac_array.groups: 4 does not divide mac_array.lines 6"},
      {{"sram.bytes=4096", "sram.bank_bytes=256"},
       "--set: sram.bytes: 4096 is no multiple of sram.banks 32 * sram.bank_bytes 256"},
  };
  for (const Case& bad : cases) {
    INFO(bad.sets.front());
    CHECK_THAT(error_of(bad.sets), Catch::StartsWith(bad.message));
  }
}

TEST_CASE("Mistakes in a configuration file are named") {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"- 1\n", ": document: a list, expected a map"},
      {"mac_array: 5\n", ": mac_array: a plain value, expected a map"},
      {"mac_array: {lines: {a: 1}}\n", ": mac_array.lines: a map, expected a plain value"},
      {"mac_array: {lines: [1]}\n", ": mac_array.lines: a list, expected a plain value"},
      {"mac_array: {lines: 4, lines: 8}\n", ": mac_array.lines: stands twice"},
      {"mac_array: {lanes: 4}\n", ": mac_array.lanes: unknown key, did you mean mac_array.lines?"},
      {"mac_aray: {lines: 4}\n", ": mac_aray: unknown key, did you mean"},
      {"mac_array.lines: 0\n", ": mac_array.lines: '0', expected a whole number 1..4096"},
      {"a: &x [*x]\n", ": a: unknown key, did you mean"},
      {"mac_array: &x {tlm: *x}\n", ": mac_array.tlm: unknown key, did you mean"},
      {"? [1]\n: 2\n", ": key: a list, expected a plain value"},
      {"mac_array: {lines: 4\n", ": line "},
      {"spls: {k_q8: [51, 52]}\n", ": spls.k_q8: a list, expected a plain value"},
      {"mac_array: {groups: 5}\n", ": mac_array.groups: 5 does not divide mac_array.lines 16"},
  };
  const TemporaryFolder folder;
  for (const Case& bad : cases) {
    INFO(bad.text);
    const auto file = folder.write("c.yaml", bad.text);
    CHECK_THAT(message_of<UserError>([&] { load_configuration(file, {}); }),
               Catch::StartsWith(file.string() + bad.message));
  }
  const auto nested = folder.write("c.yaml", std::string(100000, '['));
  CHECK_THROWS_AS(load_configuration(nested, {}), UserError);
  CHECK_THROWS_AS(load_configuration(folder.path() / "missing.yaml", {}), UserError);
}

TEST_CASE("The effective configuration gives every parameter, knobs by layer where they differ") {
  std::vector<SplsSettings> layers(2);
  layers[1].window = 16;
  const auto values = effective(load_configuration(std::nullopt, {"sram.bytes=65536"}), layers);
  CHECK(values.size() == platform_parameters().size() + spls_parameters().size());
  CHECK(values["sram.bytes"] == 65536);
  CHECK(values["spls.k_q8"] == 51);
  CHECK(values["spls.window"] == nlohmann::ordered_json::array({8, 16}));
  CHECK(values["mac_array.allocation"] == "dynamic");
}

TEST_CASE("docs/parameters.md is the table of the parameters") {
  CHECK(read_file(ESACT_DOCS "/parameters.md") == parameters_as_markdown());
  for (const auto& parameter : platform_parameters()) {
    CHECK_THAT(parameters_as_text(), Catch::Contains("\n" + parameter.key + " "));
  }
}
