#include "platforms/common/report.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "platforms/common/host.h"
#include "platforms/common/progress.h"
#include "platforms/common/table.h"
#include "platforms/temporary_folder.h"

namespace {

using namespace esact::platform;
using esact::test::message_of;
using esact::test::read_file;
using esact::test::TemporaryFolder;

BlockRecord block(const std::string& name, std::uint64_t units, std::uint64_t cycles, std::uint64_t busy) {
  BlockRecord record{name, units, 2000, cycles, {}};
  record.states[static_cast<std::size_t>(esact::UnitState::kBusy)] = busy;
  record.states[static_cast<std::size_t>(esact::UnitState::kDram)] = 1;
  record.states[static_cast<std::size_t>(esact::UnitState::kIdle)] = units * cycles - busy - 1;
  return record;
}

LayerRecord layer(std::uint32_t index, std::uint64_t cycles) {
  LayerRecord record;
  record.index = index;
  record.tokens = 15;
  record.cycles = cycles;
  record.counts.macs = {100, 200, 200, 50, 50, 100, 300};
  record.counts.predictor_products = 400;
  record.counts.dma_bytes = 10;
  record.dense_macs = {300, 300, 300, 100, 100, 300, 600};
  record.blocks = {block("dma", 1, cycles, 10), block("mac_array", 4, cycles, 200)};
  return record;
}

/// Two layers over two batches: 160 and 200 cycles.
Report example() {
  Report report;
  report.config["mac_array.lines"] = 16;
  report.workload["name"] = "tiny";
  report.complete = true;
  report.layers = {layer(0, 160), layer(1, 200)};
  report.batches = {{{0, 1}, 10, {100, 120}}, {{2}, 5, {60, 80}}};
  report.blocks = {block("dma", 1, 360, 20), block("mac_array", 4, 360, 400)};
  report.sram = {1 << 20, 1 << 18, 0, 0};
  report.dram = {900, 100, std::nullopt};
  report.host = {1.5, 64 << 20};
  return report;
}

}  // namespace

TEST_CASE("Totals are sums of the layers and ratios of the sums") {
  const EnergyModel model;
  const Report report = example();
  const Totals total = totals(report, model);
  CHECK(total.tokens == 15);
  CHECK(total.cycles == 360);
  CHECK(total.time_s == Approx(720e-9));
  CHECK(total.macs == 2000);
  CHECK(total.dense_macs == 4000);
  CHECK(total.reduction == Approx(0.5));
  CHECK(total.reduction_with_predictor == Approx((4000 - 2000 - 800 * 0.55) / 4000));
  const double picojoules = 2000 * 0.28 + 800 * 0.154 + 20 * 0.8 + model.static_power_mw(report.esact) * 720 /* ns */;
  CHECK(total.energy.without_dram() == Approx(picojoules));
  CHECK(total.energy.total() == Approx(picojoules + 20 * 40.8));
  CHECK(total.tops_per_watt == Approx(8000 / picojoules));
  CHECK(total.tops_per_watt_with_dram == Approx(8000 / (picojoules + 20 * 40.8)));
  CHECK(total.dram_gbps == Approx(1000 / 720.0));
}

TEST_CASE("A layer with the exact quantizer charges its predictor as int8 MACs and says so") {
  const EnergyModel model;
  Report report = example();
  report.layers[1].quantizer = esact::kernels::Quantizer::kExact;
  CHECK(totals(report, model).reduction_with_predictor == Approx((4000 - 2000 - 400 * 0.55 - 400) / 4000));
  CHECK(to_json(report, model)["layers"][1]["predictor_charged_as"] == "int8_mac");
  CHECK(to_json(report, model)["layers"][0]["predictor_charged_as"] == "product");
  CHECK_THAT(table(report, model, {}), Catch::Contains("charged as int8 MACs"));
}

TEST_CASE("A report that contradicts itself is a bug of the model") {
  struct Case {
    std::function<void(Report&)> spoil;
    const char* message;
  };
  const Case cases[] = {
      {[](Report& r) { ++r.blocks[1].states[0]; },
       "report: mac_array: 1441 cycles in states, but 4 units * 360 cycles"},
      {[](Report& r) { ++r.blocks[0].cycles; }, "report: dma: 360 cycles in states, but 1 units * 361 cycles"},
      {[](Report& r) { ++r.layers[1].cycles; }, "report: layer 1: 201 cycles, but 200 in the batches"},
      {[](Report& r) { ++r.batches[0].layer_cycles[0]; }, "report: layer 0: 160 cycles, but 161 in the batches"},
      {[](Report& r) { r.batches[0].layer_cycles.push_back(7); },
       "report: 360 cycles in all layers, but 367 in all batches"},
      {[](Report& r) { ++r.layers[1].blocks[0].states[1]; }, "report: layer 1: dma: 201 cycles in states"},
  };
  CHECK_NOTHROW(check_invariants(example()));
  for (const Case& bad : cases) {
    Report report = example();
    bad.spoil(report);
    CHECK_THAT(message_of<std::logic_error>([&] { to_json(report, EnergyModel()); }), Catch::StartsWith(bad.message));
  }
}

TEST_CASE("report.json holds what the specification names") {
  const auto json = to_json(example(), EnergyModel());
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"schema", "config", "workload", "complete", "layers", "batches", "total",
                                         "blocks", "memory", "host"});
  for (const char* key : {"index", "tokens", "cycles", "macs", "dense_macs", "predictor_products", "predictor_adds",
                          "topk_compares", "similarity_adds", "output_adds", "energy_pj"}) {
    INFO(key);
    CHECK(json["layers"][0].contains(key));
  }
  for (const char* key :
       {"cycles", "time_s", "macs", "dense_macs", "reduction", "reduction_with_predictor", "energy_pj",
        "energy_by_provenance", "tops_per_watt", "tops_per_watt_with_dram", "area_mm2"}) {
    INFO(key);
    CHECK(json["total"].contains(key));
  }
  CHECK(json["layers"][1]["macs"]["ffn"] == 300);
  CHECK(json["layers"][1]["predictor_adds"] == 800);
  CHECK(json["layers"][1]["busiest_block"] == "mac_array");
  CHECK(json["batches"][0].dump() ==
        R"({"sequences":[0,1],"tokens":10,"cycles":220,"layers":[{"index":0,"cycles":100},{"index":1,"cycles":120}]})");
  CHECK(json["blocks"][0].dump() ==
        R"({"name":"dma","units":1,"clock_ps":2000,"cycles":360,"busy":20,"stall":{"input":0,"sram":0,"dram":1,)"
        R"("queue_full":0,"array":0,"barrier":0},"idle":339})");
  CHECK(json["memory"]["dram"]["row_hits"].is_null());
  CHECK(json["memory"]["dram"]["refreshes"].is_null());
  double share = 0;
  for (const auto& [kind, entry] : json["total"]["energy_by_provenance"].items()) share += entry["share"].get<double>();
  CHECK(share == Approx(1));
  double layers = 0;
  for (const auto& entry : json["layers"]) layers += entry["energy_pj"]["static"].get<double>();
  CHECK(json["total"]["energy_pj"]["static"] == layers);
}

TEST_CASE("Row events appear where the memory has rows") {
  Report report = example();
  report.dram.rows = DramRecord::RowEvents{5, 6, 7, 8};
  const auto dram = to_json(report, EnergyModel())["memory"]["dram"];
  CHECK(dram["row_hits"] == 5);
  CHECK(dram["row_misses"] == 6);
  CHECK(dram["row_conflicts"] == 7);
  CHECK(dram["refreshes"] == 8);
}

TEST_CASE("The same report is written as the same bytes") {
  const TemporaryFolder folder;
  write_report(folder.path() / "a.json", example(), EnergyModel());
  write_report(folder.path() / "b.json", example(), EnergyModel());
  CHECK(read_file(folder.path() / "a.json") == read_file(folder.path() / "b.json"));
  CHECK(nlohmann::json::parse(read_file(folder.path() / "a.json"))["total"]["cycles"] == 360);
}

TEST_CASE("A run that did nothing has ratios of zero, never NaN") {
  const Report report;
  const auto json = to_json(report, EnergyModel());
  CHECK(json["complete"] == false);
  CHECK(json["total"]["reduction"] == 0.0);
  CHECK(json["total"]["tops_per_watt"] == 0.0);
  CHECK(json["memory"]["dram"]["achieved_gbps"] == 0.0);
  CHECK_THAT(table(report, EnergyModel(), {}), Catch::Contains("INCOMPLETE"));
  CHECK_THAT(table(report, EnergyModel(), {}), !Catch::Contains("nan"));
}

TEST_CASE("The table shows layers in columns, then the summary") {
  const std::string text = table(example(), EnergyModel(), {"out/report.json"});
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  REQUIRE(lines.size() > 8);
  const std::size_t column = lines[1].find("busiest block");
  for (std::size_t i : {2, 3, 4}) CHECK(lines[i].find("mac_array") == column);
  CHECK_THAT(
      lines[2],
      Catch::StartsWith("0          15         160    10.0    20.0    20.0     5.0     5.0    10.0    30.0     50.0"));
  CHECK_THAT(lines[4], Catch::StartsWith("total      15         360"));
  CHECK_THAT(text, Catch::Contains("reduction   50.0 % of 0.0 M dense MACs; 39.0 % with the predictor"));
  CHECK_THAT(text, Catch::Contains("dense operations, 2 per MAC, over the energy spent"));
  CHECK_THAT(text, Catch::Contains("360 cycles at 500 MHz"));
  CHECK_THAT(text, Catch::EndsWith("written     out/report.json\n"));
  CHECK_THAT(text, !Catch::Contains("INCOMPLETE"));
}

TEST_CASE("The progress bar estimates on a terminal and is silent elsewhere") {
  double now = 100;
  const auto clock = [&now] { return now; };
  std::ostringstream terminal;
  ProgressBar bar(terminal, true, 4, "layers", clock);
  now = 106;
  bar.update(1);
  CHECK_THAT(terminal.str(), Catch::Contains("[#######-----------------------]  25 %  1/4 layers, 18 s left"));
  bar.update(9);
  CHECK_THAT(terminal.str(), Catch::EndsWith("[##############################] 100 %  4/4 layers"));
  bar.clear();
  CHECK_THAT(terminal.str(), Catch::EndsWith("\r\x1b[K"));

  std::ostringstream pipe;
  ProgressBar quiet(pipe, false, 4, "layers", clock);
  quiet.update(2);
  quiet.clear();
  ProgressBar nothing(pipe, true, 0, "layers", clock);
  nothing.update(0);
  CHECK(pipe.str().empty());
}

TEST_CASE("The host meter counts from its construction") {
  const HostMeter meter;
  const HostRecord record = meter.record();
  CHECK(record.wall_s >= 0);
  CHECK(record.wall_s < 10);
  CHECK(record.peak_rss_bytes > 1 << 20);
}
