#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "esact_interface/config.h"
#include "esact_interface/event_counts.h"
#include "kernels/quantizer.h"

namespace esact::platform {

/// Where a coefficient comes from (config/energy.yaml).
enum class Provenance : std::uint8_t { kPublished, kMeasured, kDerived, kAssumed };
constexpr std::size_t kProvenances = 4;

/// "published", "measured", "derived", "assumed".
const char* name(Provenance provenance);

/// One number of config/energy.yaml.
struct Coefficient {
  std::string name;
  double value = 0;
  std::string rule;  ///< "0.55 x int8_mac"; empty where the number stands for itself
  std::string unit;
  std::string node;
  std::string voltage;
  Provenance provenance = Provenance::kAssumed;
  std::string source;
};

/// Who spends energy, in the order of the report's `energy_pj`.
enum class EnergyBlock : std::uint8_t {
  kMacArray,
  kSplsPredictor,  ///< products, top-k, similarity
  kHlogQuantizer,
  kVectorUnit,
  kFfnArray,  ///< scatter-add of reused output projections
  kSram,
  kDma,
  kStatic,
  kDram
};
constexpr std::size_t kEnergyBlocks = 9;

/// "mac_array" and so on.
const char* name(EnergyBlock block);

/// Energy in pJ, once by block and once by where its coefficients come from; both add up to the same.
struct Energy {
  std::array<double, kEnergyBlocks> by_block{};
  std::array<double, kProvenances> by_provenance{};

  double operator[](EnergyBlock block) const { return by_block[static_cast<std::size_t>(block)]; }
  double total() const;
  double without_dram() const { return total() - (*this)[EnergyBlock::kDram]; }
  Energy& operator+=(const Energy& other);
};

/// Value of each block, by name.
using BlockValues = std::vector<std::pair<std::string, double>>;

/// config/energy.yaml as it was compiled in.
const char* energy_table();

/// Coefficients, and what they make of integer counts. Nothing is added up here: counts are multiplied once.
class EnergyModel {
 public:
  /// Reads a table; UserError naming `source` if it is not one.
  explicit EnergyModel(const std::string& table = energy_table(), const std::string& source = "energy.yaml");

  /// Energy of `counts` in `cycles` core cycles. Predictor products are charged by `quantizer`; every byte of the DMA
  /// is a byte of DRAM.
  Energy energy(const EventCounts& counts, std::uint64_t cycles, const EsactConfig& config,
                kernels::Quantizer quantizer) const;

  /// Predictor products in MAC equivalents: energy(product) / energy(mac).
  double product_cost(kernels::Quantizer quantizer) const;

  /// Area of each block in mm2.
  BlockValues area_mm2(const EsactConfig& config) const;

  /// Static power of the whole accelerator in mW: each block's area times the density of logic or SRAM.
  double static_power_mw(const EsactConfig& config) const;

  /// In the order of the table.
  const std::vector<Coefficient>& coefficients() const { return coefficients_; }

 private:
  const Coefficient& at(const std::string& coefficient) const;
  const Coefficient& product(kernels::Quantizer quantizer) const;

  std::vector<Coefficient> coefficients_;
};

/// The coefficients as docs/energy.md shows them.
std::string coefficients_as_markdown(const EnergyModel& model);

}  // namespace esact::platform
