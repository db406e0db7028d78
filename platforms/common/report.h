#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "esact_interface/event_counts.h"
#include "esact_interface/unit_state.h"
#include "kernels/quantizer.h"
#include "platforms/common/energy.h"

namespace esact::platform {

/// Time sheet of a block over an interval: its states' cycles add up to units * cycles.
struct BlockRecord {
  std::string name;
  std::uint64_t units = 1;
  std::uint32_t clock_ps = 0;
  std::uint64_t cycles = 0;  ///< the block's own clock edges in the interval
  StateCycles states{};      ///< summed over the units
};

/// One layer of the model, summed over the batches.
struct LayerRecord {
  std::uint32_t index = 0;
  std::uint64_t tokens = 0;
  std::uint64_t cycles = 0;
  EventCounts counts;
  std::array<std::uint64_t, kOperations> dense_macs{};
  kernels::Quantizer quantizer = kernels::Quantizer::kHlog;  ///< by which its predictor products are charged
  std::vector<BlockRecord> blocks;                           ///< time sheets of this layer alone
};

/// One batch. A layer's cycles run from the completion before it to its own.
struct BatchRecord {
  std::vector<std::uint32_t> sequences;
  std::uint64_t tokens = 0;
  std::vector<std::uint64_t> layer_cycles;  ///< from layer 0 on

  std::uint64_t cycles() const;
};

/// Use of the SRAM's pages and its traffic.
struct SramRecord {
  std::uint64_t bytes = 0;
  std::uint64_t high_water_bytes = 0;
  std::uint64_t failed_allocations = 0;
  double fragmentation_at_failure = 0;  ///< worst, 1 - largest free run / free; 0: no allocation failed
};

/// Traffic of the main memory. Row events: none for the `simple` preset.
struct DramRecord {
  struct RowEvents {
    std::uint64_t hits = 0, misses = 0, conflicts = 0, refreshes = 0;
  };
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::optional<RowEvents> rows;
};

/// The only part that may differ between two runs.
struct HostRecord {
  double wall_s = 0;
  std::uint64_t peak_rss_bytes = 0;
};

/// A run as plain data, from which report.json and the table on the terminal are made.
struct Report {
  nlohmann::ordered_json config;    ///< every effective parameter
  nlohmann::ordered_json workload;  ///< what was run
  EsactConfig esact;
  bool complete = false;
  std::vector<LayerRecord> layers;
  std::vector<BatchRecord> batches;
  std::vector<BlockRecord> blocks;
  SramRecord sram;
  DramRecord dram;
  HostRecord host;
};

/// Sums and ratios over all layers. Every ratio is 0 where nothing was done.
struct Totals {
  std::uint64_t tokens = 0;
  std::uint64_t cycles = 0;
  double time_s = 0;
  EventCounts counts;
  std::uint64_t macs = 0;
  std::uint64_t dense_macs = 0;
  double reduction = 0;                 ///< 1 - macs / dense_macs
  double reduction_with_predictor = 0;  ///< the same with the predictor's products in MAC equivalents by energy
  Energy energy;                        ///< sum over the layers
  double tops_per_watt = 0;             ///< dense operations, two a MAC, over the energy spent without DRAM
  double tops_per_watt_with_dram = 0;
  double dram_gbps = 0;  ///< bytes read and written over the run's time
};

/// Throws std::logic_error naming the block or layer unless: busy + stalls + idle = units * cycles in every block; a
/// layer's cycles are those of all batches together. Then total = sum of layers = sum of batches.
void check_invariants(const Report& report);

/// Sum of an operation-wise count.
std::uint64_t sum(const std::array<std::uint64_t, kOperations>& macs);

/// Energy of one layer.
Energy energy(const LayerRecord& layer, const Report& report, const EnergyModel& model);

Totals totals(const Report& report, const EnergyModel& model);

/// The block with the largest share of busy unit cycles, null if there is none. csr and scheduler, which only give
/// orders, do not count.
const BlockRecord* busiest(const std::vector<BlockRecord>& blocks);

/// Busy share of a block's unit cycles.
double utilisation(const BlockRecord& block);

/// report.json (docs/report.md): keys in a fixed order, the same bytes for the same report. Checks the invariants.
nlohmann::ordered_json to_json(const Report& report, const EnergyModel& model);

/// Writes report.json whole or not at all.
void write_report(const std::filesystem::path& path, const Report& report, const EnergyModel& model);

}  // namespace esact::platform
