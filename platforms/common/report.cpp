#include "platforms/common/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace esact::platform {
namespace {

constexpr double kSecondsPerPicosecond = 1e-12;
constexpr double kBytesPerGigabyte = 1e9;
constexpr double kOperationsPerMac = 2;

double ratio(double part, double whole) {
  return whole == 0 ? 0 : part / whole;
}

void check_block(const BlockRecord& block, const std::string& where) {
  const std::uint64_t accounted = std::accumulate(block.states.begin(), block.states.end(), std::uint64_t{0});
  if (accounted != block.units * block.cycles) {
    throw std::logic_error(fmt::format("report: {}{}: {} cycles in states, but {} units * {} cycles", where, block.name,
                                       accounted, block.units, block.cycles));
  }
}

void check_layer(const LayerRecord& layer, const std::vector<BatchRecord>& batches) {
  std::uint64_t cycles = 0;
  for (const BatchRecord& batch : batches) {
    if (layer.index < batch.layer_cycles.size()) cycles += batch.layer_cycles[layer.index];
  }
  if (cycles != layer.cycles) {
    throw std::logic_error(
        fmt::format("report: layer {}: {} cycles, but {} in the batches", layer.index, layer.cycles, cycles));
  }
  for (const BlockRecord& block : layer.blocks) check_block(block, fmt::format("layer {}: ", layer.index));
}

}  // namespace

std::uint64_t BatchRecord::cycles() const {
  return std::accumulate(layer_cycles.begin(), layer_cycles.end(), std::uint64_t{0});
}

void check_invariants(const Report& report) {
  for (const BlockRecord& block : report.blocks) check_block(block, "");
  std::uint64_t layer_cycles = 0;
  std::uint64_t batch_cycles = 0;
  for (const LayerRecord& layer : report.layers) {
    check_layer(layer, report.batches);
    layer_cycles += layer.cycles;
  }
  for (const BatchRecord& batch : report.batches) batch_cycles += batch.cycles();
  if (layer_cycles != batch_cycles) {
    throw std::logic_error(
        fmt::format("report: {} cycles in all layers, but {} in all batches", layer_cycles, batch_cycles));
  }
}

std::uint64_t sum(const std::array<std::uint64_t, kOperations>& macs) {
  return std::accumulate(macs.begin(), macs.end(), std::uint64_t{0});
}

Energy energy(const LayerRecord& layer, const Report& report, const EnergyModel& model) {
  return model.energy(layer.counts, layer.cycles, report.esact, layer.quantizer);
}

Totals totals(const Report& report, const EnergyModel& model) {
  Totals totals;
  double predictor_macs = 0;
  for (const LayerRecord& layer : report.layers) {
    totals.cycles += layer.cycles;
    totals.counts += layer.counts;
    totals.macs += sum(layer.counts.macs);
    totals.dense_macs += sum(layer.dense_macs);
    totals.energy += energy(layer, report, model);
    predictor_macs += static_cast<double>(layer.counts.predictor_products) * model.product_cost(layer.quantizer);
  }
  for (const BatchRecord& batch : report.batches) totals.tokens += batch.tokens;
  const auto macs = static_cast<double>(totals.macs);
  const auto dense = static_cast<double>(totals.dense_macs);
  totals.time_s = static_cast<double>(totals.cycles) * report.esact.clock_ps * kSecondsPerPicosecond;
  totals.reduction = ratio(dense - macs, dense);
  totals.reduction_with_predictor = ratio(dense - macs - predictor_macs, dense);
  totals.tops_per_watt = ratio(kOperationsPerMac * dense, totals.energy.without_dram());
  totals.tops_per_watt_with_dram = ratio(kOperationsPerMac * dense, totals.energy.total());
  totals.dram_gbps =
      ratio(static_cast<double>(report.dram.read_bytes + report.dram.write_bytes) / kBytesPerGigabyte, totals.time_s);
  return totals;
}

const BlockRecord* busiest(const std::vector<BlockRecord>& blocks) {
  const BlockRecord* found = nullptr;
  for (const BlockRecord& block : blocks) {
    if (block.name == "csr" || block.name == "scheduler") continue;
    if (found == nullptr || utilisation(block) > utilisation(*found)) found = &block;
  }
  return found;
}

double utilisation(const BlockRecord& block) {
  const std::uint64_t busy = block.states[static_cast<std::size_t>(UnitState::kBusy)];
  return ratio(static_cast<double>(busy), static_cast<double>(block.units * block.cycles));
}

}  // namespace esact::platform
