#include "platforms/common/energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "platforms/common/error.h"
#include "platforms/common/scalar.h"
#include "platforms/common/yaml.h"

namespace esact::platform {
namespace {

constexpr const char* kFormat = "esact-energy-1";
constexpr std::uint64_t kMacsPerLine = 64;
constexpr double kBytesPerKib = 1024;
constexpr double kPicosecondsPerNanosecond = 1000;
constexpr const char* kSections[] = {"events", "area", "static"};
constexpr const char* kRequired[] = {"int8_mac",
                                     "hlog_product",
                                     "power_of_two_product",
                                     "leading_one_product",
                                     "exact_product",
                                     "topk_compare",
                                     "hlog_conversion",
                                     "similarity_add",
                                     "output_add",
                                     "vector_operation",
                                     "sram_read_byte",
                                     "sram_write_byte",
                                     "dma_byte",
                                     "dram_byte",
                                     "mac_lane",
                                     "predictor_lane",
                                     "select_lane",
                                     "hlog_converter",
                                     "vector_lane",
                                     "sram_kib",
                                     "dma_engine",
                                     "sequencer",
                                     "logic_density",
                                     "sram_density"};

const std::vector<std::string>& provenance_names() {
  static const std::vector<std::string> kNames{"published", "measured", "derived", "assumed"};
  return kNames;
}

const Coefficient* find(const std::vector<Coefficient>& coefficients, const std::string& wanted) {
  const auto found = std::find_if(coefficients.begin(), coefficients.end(),
                                  [&](const Coefficient& coefficient) { return coefficient.name == wanted; });
  return found == coefficients.end() ? nullptr : &*found;
}

double read_number(const YamlMap& map, const std::string& key) {
  return parse_number(map.source(), map.dotted(key), map.text(key), 0, 1e9);
}

/// A coefficient, which may stand on one of those before it.
Coefficient read_coefficient(const YamlMap& map, const std::string& coefficient_name,
                             const std::vector<Coefficient>& before) {
  map.check_keys({"value", "times", "of", "unit", "node", "voltage", "provenance", "source"});
  Coefficient coefficient;
  if (map.contains("times")) {
    const std::string base_name = map.text("of");
    const Coefficient* base = find(before, base_name);
    if (base == nullptr) throw bad_value(map.source(), map.dotted("of"), base_name, "a coefficient that stands before");
    coefficient = *base;
    coefficient.value = read_number(map, "times") * base->value;
    coefficient.rule = fmt::format("{} x {}", map.text("times"), base_name);
  } else {
    coefficient.value = read_number(map, "value");
    coefficient.unit = map.text("unit");
    coefficient.node = map.text("node");
    coefficient.voltage = map.text("voltage");
  }
  coefficient.name = coefficient_name;
  coefficient.source = map.text("source");
  coefficient.provenance = static_cast<Provenance>(
      parse_name(map.source(), map.dotted("provenance"), map.text("provenance"), provenance_names()));
  return coefficient;
}

}  // namespace

const char* name(Provenance provenance) {
  return provenance_names()[static_cast<std::size_t>(provenance)].c_str();
}

const char* name(EnergyBlock block) {
  static constexpr const char* kNames[kEnergyBlocks] = {
      "mac_array", "spls_predictor", "hlog_quantizer", "vector_unit", "ffn_array", "sram", "dma", "static", "dram"};
  return kNames[static_cast<std::size_t>(block)];
}

double Energy::total() const {
  return std::accumulate(by_block.begin(), by_block.end(), 0.0);
}

Energy& Energy::operator+=(const Energy& other) {
  for (std::size_t i = 0; i < kEnergyBlocks; ++i) by_block[i] += other.by_block[i];
  for (std::size_t i = 0; i < kProvenances; ++i) by_provenance[i] += other.by_provenance[i];
  return *this;
}

EnergyModel::EnergyModel(const std::string& table, const std::string& source) {
  const YamlMap document(parse_yaml(table, source), source);
  document.check_keys({"format", "events", "area", "static"});
  parse_name(source, "format", document.text("format"), {kFormat});
  for (const char* section : kSections) {
    const YamlMap map = document.map(section);
    for (const auto& [key, node] : map.entries()) {
      coefficients_.push_back(read_coefficient(map.map(key), key, coefficients_));
    }
  }
  for (const char* required : kRequired) {
    if (find(coefficients_, required) == nullptr) throw UserError(source, required, "missing");
  }
}

Energy EnergyModel::energy(const EventCounts& counts, std::uint64_t cycles, const EsactConfig& config,
                           kernels::Quantizer quantizer) const {
  Energy energy;
  const auto add = [&energy](EnergyBlock block, double picojoules, Provenance provenance) {
    energy.by_block[static_cast<std::size_t>(block)] += picojoules;
    energy.by_provenance[static_cast<std::size_t>(provenance)] += picojoules;
  };
  const auto charge = [&](EnergyBlock block, std::uint64_t events, const Coefficient& coefficient) {
    add(block, static_cast<double>(events) * coefficient.value, coefficient.provenance);
  };
  const std::uint64_t macs = std::accumulate(counts.macs.begin(), counts.macs.end(), std::uint64_t{0});
  charge(EnergyBlock::kMacArray, macs, at("int8_mac"));
  charge(EnergyBlock::kSplsPredictor, counts.predictor_products, product(quantizer));
  charge(EnergyBlock::kSplsPredictor, counts.topk_compares, at("topk_compare"));
  charge(EnergyBlock::kSplsPredictor, counts.similarity_adds, at("similarity_add"));
  charge(EnergyBlock::kHlogQuantizer, counts.hlog_conversions, at("hlog_conversion"));
  charge(EnergyBlock::kVectorUnit, counts.vector_operations, at("vector_operation"));
  charge(EnergyBlock::kFfnArray, counts.output_adds, at("output_add"));
  charge(EnergyBlock::kSram, counts.sram_read_bytes, at("sram_read_byte"));
  charge(EnergyBlock::kSram, counts.sram_write_bytes, at("sram_write_byte"));
  charge(EnergyBlock::kDma, counts.dma_bytes, at("dma_byte"));
  charge(EnergyBlock::kDram, counts.dma_bytes, at("dram_byte"));

  const double nanoseconds = static_cast<double>(cycles) * config.clock_ps / kPicosecondsPerNanosecond;
  add(EnergyBlock::kStatic, static_power_mw(config) * nanoseconds, at("logic_density").provenance);
  return energy;
}

double EnergyModel::product_cost(kernels::Quantizer quantizer) const {
  return product(quantizer).value / at("int8_mac").value;
}

BlockValues EnergyModel::area_mm2(const EsactConfig& config) const {
  const auto area = [this](const char* unit, double count) { return at(unit).value * count; };
  const double sequencer = area("sequencer", 1);
  return {
      {"mac_array", area("mac_lane", static_cast<double>(config.mac_array.lines * kMacsPerLine))},
      {"spls_predictor", area("predictor_lane", config.predictor.products_per_cycle) +
                             area("select_lane", config.predictor.select_lanes)},
      {"hlog_quantizer", area("hlog_converter", config.predictor.port_bytes)},
      {"vector_unit", area("vector_lane", config.vector_unit.lanes)},
      {"sparse_attention_engine", sequencer},
      {"ffn_array", sequencer},
      {"scheduler", sequencer},
      {"csr", sequencer},
      {"dma", area("dma_engine", 1)},
      {"sram", area("sram_kib", static_cast<double>(config.sram.bytes) / kBytesPerKib)},
  };
}

double EnergyModel::static_power_mw(const EsactConfig& config) const {
  double milliwatts = 0;
  for (const auto& [block, area] : area_mm2(config)) {
    milliwatts += area * at(block == "sram" ? "sram_density" : "logic_density").value;
  }
  return milliwatts;
}

const Coefficient& EnergyModel::at(const std::string& coefficient) const {
  const Coefficient* found = find(coefficients_, coefficient);
  if (found == nullptr) throw std::logic_error("energy: no coefficient " + coefficient);
  return *found;
}

const Coefficient& EnergyModel::product(kernels::Quantizer quantizer) const {
  switch (quantizer) {
    case kernels::Quantizer::kPowerOfTwo:
      return at("power_of_two_product");
    case kernels::Quantizer::kLeadingOne:
      return at("leading_one_product");
    case kernels::Quantizer::kExact:
      return at("exact_product");
    case kernels::Quantizer::kHlog:
    case kernels::Quantizer::kHlogTiesDown:
      break;
  }
  return at("hlog_product");
}

std::string coefficients_as_markdown(const EnergyModel& model) {
  std::string text =
      "| coefficient | value | unit | rule | node, voltage | provenance | source |\n|---|---|---|---|---|---|---|\n";
  for (const Coefficient& coefficient : model.coefficients()) {
    text += fmt::format("| `{}` | {:.4g} | {} | {} | {}, {} | {} | {} |\n", coefficient.name, coefficient.value,
                        coefficient.unit, coefficient.rule, coefficient.node, coefficient.voltage,
                        name(coefficient.provenance), coefficient.source);
  }
  return text;
}

}  // namespace esact::platform
