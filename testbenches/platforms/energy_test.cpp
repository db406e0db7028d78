#include "platforms/common/energy.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "platforms/common/error.h"
#include "platforms/temporary_folder.h"

namespace {

using namespace esact::platform;
using esact::EsactConfig;
using esact::EventCounts;
using esact::kernels::Quantizer;
using esact::test::message_of;
using esact::test::read_file;
using esact::test::replaced;

double block_sum(const Energy& energy) {
  return std::accumulate(energy.by_block.begin(), energy.by_block.end(), 0.0);
}

double provenance_sum(const Energy& energy) {
  return std::accumulate(energy.by_provenance.begin(), energy.by_provenance.end(), 0.0);
}

}  // namespace

TEST_CASE("Every event is charged once, to its block, by its coefficient") {
  struct Case {
    std::uint64_t EventCounts::*field;
    double picojoules;
    std::vector<std::pair<EnergyBlock, double>> split;
  };
  const Case cases[] = {
      {&EventCounts::predictor_products, 0.154, {{EnergyBlock::kSplsPredictor, 0.154}}},
      {&EventCounts::hlog_conversions, 0.0756, {{EnergyBlock::kHlogQuantizer, 0.0756}}},
      {&EventCounts::topk_compares, 0.062, {{EnergyBlock::kSplsPredictor, 0.062}}},
      {&EventCounts::similarity_adds, 0.124, {{EnergyBlock::kSplsPredictor, 0.124}}},
      {&EventCounts::output_adds, 0.062, {{EnergyBlock::kFfnArray, 0.062}}},
      {&EventCounts::vector_operations, 0.996, {{EnergyBlock::kVectorUnit, 0.996}}},
      {&EventCounts::sram_read_bytes, 1.33, {{EnergyBlock::kSram, 1.33}}},
      {&EventCounts::sram_write_bytes, 1.33, {{EnergyBlock::kSram, 1.33}}},
      {&EventCounts::dma_bytes, 41.6, {{EnergyBlock::kDma, 0.8}, {EnergyBlock::kDram, 40.8}}},
  };
  const EnergyModel model;
  for (const Case& event : cases) {
    EventCounts counts;
    counts.*event.field = 1000;
    const Energy energy = model.energy(counts, 0, EsactConfig(), Quantizer::kHlog);
    CHECK(energy.total() == Approx(1000 * event.picojoules));
    CHECK(provenance_sum(energy) == Approx(1000 * event.picojoules));
    for (const auto& [block, picojoules] : event.split) CHECK(energy[block] == Approx(1000 * picojoules));
  }
  for (std::size_t operation = 0; operation < esact::kOperations; ++operation) {
    EventCounts counts;
    counts.macs[operation] = 1000;
    const Energy energy = model.energy(counts, 0, EsactConfig(), Quantizer::kHlog);
    CHECK(energy[EnergyBlock::kMacArray] == Approx(280));
    CHECK(energy.total() == Approx(280));
  }
}

TEST_CASE("Blocks, provenances and sums agree") {
  EventCounts counts;
  counts.macs = {1, 20, 300, 4000, 50000, 600000, 7000000};
  counts.predictor_products = 123456;
  counts.hlog_conversions = 7654;
  counts.dma_bytes = 4096;
  const EnergyModel model;
  const Energy energy = model.energy(counts, 1000, EsactConfig(), Quantizer::kHlog);
  CHECK(energy.total() == Approx(block_sum(energy)));
  CHECK(energy.total() == Approx(provenance_sum(energy)));
  CHECK(energy.without_dram() == Approx(energy.total() - 4096 * 40.8));
  CHECK(energy.by_provenance[static_cast<std::size_t>(Provenance::kMeasured)] ==
        Approx(123456 * 0.154 + 7654 * 0.0756));
  CHECK(energy.by_provenance[static_cast<std::size_t>(Provenance::kPublished)] == Approx(7654321 * 0.28 + 4096 * 40.8));
  Energy twice = energy;
  twice += energy;
  CHECK(twice.total() == Approx(2 * energy.total()));
  CHECK(provenance_sum(twice) == Approx(2 * provenance_sum(energy)));
}

TEST_CASE("A product costs what its quantizer costs") {
  const EnergyModel model;
  CHECK(model.product_cost(Quantizer::kHlog) == Approx(0.55));
  CHECK(model.product_cost(Quantizer::kHlogTiesDown) == Approx(0.55));
  CHECK(model.product_cost(Quantizer::kPowerOfTwo) == Approx(0.47));
  CHECK(model.product_cost(Quantizer::kLeadingOne) == Approx(0.44));
  CHECK(model.product_cost(Quantizer::kExact) == 1.0);
  EventCounts counts;
  counts.predictor_products = 10;
  CHECK(model.energy(counts, 0, EsactConfig(), Quantizer::kExact).total() == Approx(2.8));
}

TEST_CASE("Static energy is power times time and power is area times density") {
  const EnergyModel model;
  EsactConfig config;
  double milliwatts = 0;
  for (const auto& [block, area] : model.area_mm2(config)) milliwatts += area * (block == "sram" ? 12 : 10);
  CHECK(model.static_power_mw(config) == Approx(milliwatts));
  const Energy energy = model.energy(EventCounts(), 500, config, Quantizer::kHlog);
  CHECK(energy[EnergyBlock::kStatic] == Approx(milliwatts * 1000));  // 500 cycles of 2 ns
  CHECK(energy.total() == energy[EnergyBlock::kStatic]);
  config.clock_ps = 1000;
  CHECK(model.energy(EventCounts(), 500, config, Quantizer::kHlog).total() == Approx(milliwatts * 500));
}

TEST_CASE("Area follows the configuration") {
  const EnergyModel model;
  EsactConfig config;
  const BlockValues before = model.area_mm2(config);
  config.mac_array.lines *= 2;
  config.sram.bytes *= 4;
  const BlockValues after = model.area_mm2(config);
  REQUIRE(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double factor = before[i].first == "mac_array" ? 2 : before[i].first == "sram" ? 4 : 1;
    INFO(before[i].first);
    CHECK(before[i].second > 0);
    CHECK(after[i].second == Approx(factor * before[i].second));
  }
  CHECK(before.front().second == Approx(1024 * 0.000513));
}

TEST_CASE("Every coefficient says where it comes from") {
  const EnergyModel model;
  for (const Coefficient& coefficient : model.coefficients()) {
    INFO(coefficient.name);
    CHECK(coefficient.value > 0);
    CHECK_FALSE(coefficient.unit.empty());
    CHECK_FALSE(coefficient.node.empty());
    CHECK_FALSE(coefficient.voltage.empty());
    CHECK_FALSE(coefficient.source.empty());
  }
  CHECK_THAT(read_file(ESACT_DOCS "/energy.md"), Catch::Contains(coefficients_as_markdown(model)));
}

TEST_CASE("Mistakes in an energy table are named") {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const Case cases[] = {
      {"esact-energy-1", "esact-energy-2", "t: format: 'esact-energy-2', expected esact-energy-1"},
      {"value: 0.28", "value: -1", "t: events.int8_mac.value: '-1', expected a number"},
      {"value: 0.28", "valu: 0.28", "t: events.int8_mac.valu: unknown key, did you mean events.int8_mac.value?"},
      {"provenance: published\n", "provenance: guessed\n",
       "t: events.int8_mac.provenance: 'guessed', expected published, measured, derived or assumed"},
      {"of: int8_mac", "of: later", "t: events.hlog_product.of: later, expected a coefficient that stands before"},
      {"  int8_mac:", "  int9_mac:", "t: events.hlog_product.of: int8_mac, expected"},
      {"  dram_byte:", "  dram_bytes:", "t: dram_byte: missing"},
  };
  for (const Case& bad : cases) {
    INFO(bad.to);
    CHECK_THAT(message_of<UserError>([&] { EnergyModel(replaced(energy_table(), bad.from, bad.to), "t"); }),
               Catch::StartsWith(bad.message));
  }
}
