#include <string>

#include "platforms/common/atomic_file.h"
#include "platforms/common/report.h"

namespace esact::platform {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "esact-report-1";
constexpr const char* kOperationNames[kOperations] = {"query", "key", "value", "score", "context", "output", "ffn"};

Json macs_json(const std::array<std::uint64_t, kOperations>& macs) {
  Json json;
  for (std::size_t i = 0; i < kOperations; ++i) json[kOperationNames[i]] = macs[i];
  return json;
}

Json energy_json(const Energy& energy) {
  Json json;
  for (std::size_t i = 0; i < kEnergyBlocks; ++i) json[name(static_cast<EnergyBlock>(i))] = energy.by_block[i];
  return json;
}

Json provenance_json(const Energy& energy) {
  Json json;
  const double total = energy.total();
  for (std::size_t i = 0; i < kProvenances; ++i) {
    const double share = total == 0 ? 0 : energy.by_provenance[i] / total;
    json[name(static_cast<Provenance>(i))] = {{"pj", energy.by_provenance[i]}, {"share", share}};
  }
  return json;
}

Json block_json(const BlockRecord& block) {
  Json json{{"name", block.name}, {"units", block.units}, {"clock_ps", block.clock_ps}, {"cycles", block.cycles}};
  json["busy"] = block.states[static_cast<std::size_t>(UnitState::kBusy)];
  for (std::size_t i = 0; i < kUnitStates; ++i) {
    const auto state = static_cast<UnitState>(i);
    if (state != UnitState::kBusy && state != UnitState::kIdle) json["stall"][name(state)] = block.states[i];
  }
  json["idle"] = block.states[static_cast<std::size_t>(UnitState::kIdle)];
  return json;
}

Json layer_json(const LayerRecord& layer, const Report& report, const EnergyModel& model) {
  const EventCounts& counts = layer.counts;
  const BlockRecord* busiest_block = busiest(layer.blocks);
  return {{"index", layer.index},
          {"tokens", layer.tokens},
          {"cycles", layer.cycles},
          {"macs", macs_json(counts.macs)},
          {"dense_macs", macs_json(layer.dense_macs)},
          {"predictor_products", counts.predictor_products},
          {"predictor_adds", 2 * counts.predictor_products},
          {"hlog_conversions", counts.hlog_conversions},
          {"topk_compares", counts.topk_compares},
          {"similarity_adds", counts.similarity_adds},
          {"output_adds", counts.output_adds},
          {"streamed_bytes", counts.streamed_bytes},
          {"spilled_bytes", counts.spilled_bytes},
          {"vector_operations", counts.vector_operations},
          {"sram_read_bytes", counts.sram_read_bytes},
          {"sram_write_bytes", counts.sram_write_bytes},
          {"dma_bytes", counts.dma_bytes},
          {"predictor_charged_as", layer.quantizer == kernels::Quantizer::kExact ? "int8_mac" : "product"},
          {"busiest_block", busiest_block == nullptr ? Json(nullptr) : Json(busiest_block->name)},
          {"energy_pj", energy_json(energy(layer, report, model))}};
}

Json batch_json(const BatchRecord& batch) {
  Json layers = Json::array();
  for (std::size_t i = 0; i < batch.layer_cycles.size(); ++i) {
    layers.push_back({{"index", i}, {"cycles", batch.layer_cycles[i]}});
  }
  return {{"sequences", batch.sequences}, {"tokens", batch.tokens}, {"cycles", batch.cycles()}, {"layers", layers}};
}

Json total_json(const Report& report, const EnergyModel& model) {
  const Totals total = totals(report, model);
  Json area;
  for (const auto& [block, value] : model.area_mm2(report.esact)) area[block] = value;
  return {{"cycles", total.cycles},
          {"time_s", total.time_s},
          {"macs", total.macs},
          {"dense_macs", total.dense_macs},
          {"reduction", total.reduction},
          {"reduction_with_predictor", total.reduction_with_predictor},
          {"energy_pj", energy_json(total.energy)},
          {"energy_by_provenance", provenance_json(total.energy)},
          {"tops_per_watt", total.tops_per_watt},
          {"tops_per_watt_with_dram", total.tops_per_watt_with_dram},
          {"tops_per_watt_counts", "dense operations, 2 per MAC, over the energy spent"},
          {"area_mm2", area}};
}

Json memory_json(const Report& report, const EnergyModel& model) {
  const Totals total = totals(report, model);
  Json sram{{"bytes", report.sram.bytes},
            {"high_water_bytes", report.sram.high_water_bytes},
            {"failed_allocations", report.sram.failed_allocations},
            {"fragmentation_at_failure", report.sram.fragmentation_at_failure},
            {"read_bytes", total.counts.sram_read_bytes},
            {"write_bytes", total.counts.sram_write_bytes}};
  Json dram{{"read_bytes", report.dram.read_bytes}, {"write_bytes", report.dram.write_bytes}};
  const auto& rows = report.dram.rows;
  dram["row_hits"] = rows ? Json(rows->hits) : Json(nullptr);
  dram["row_misses"] = rows ? Json(rows->misses) : Json(nullptr);
  dram["row_conflicts"] = rows ? Json(rows->conflicts) : Json(nullptr);
  dram["refreshes"] = rows ? Json(rows->refreshes) : Json(nullptr);
  dram["achieved_gbps"] = total.dram_gbps;
  return {{"sram", sram}, {"dram", dram}};
}

}  // namespace

Json to_json(const Report& report, const EnergyModel& model) {
  check_invariants(report);
  Json json{
      {"schema", kSchema}, {"config", report.config}, {"workload", report.workload}, {"complete", report.complete}};
  json["layers"] = Json::array();
  for (const LayerRecord& layer : report.layers) json["layers"].push_back(layer_json(layer, report, model));
  json["batches"] = Json::array();
  for (const BatchRecord& batch : report.batches) json["batches"].push_back(batch_json(batch));
  json["total"] = total_json(report, model);
  json["blocks"] = Json::array();
  for (const BlockRecord& block : report.blocks) json["blocks"].push_back(block_json(block));
  json["memory"] = memory_json(report, model);
  json["host"] = {{"wall_s", report.host.wall_s}, {"peak_rss_bytes", report.host.peak_rss_bytes}};
  return json;
}

void write_report(const std::filesystem::path& path, const Report& report, const EnergyModel& model) {
  const std::string text = to_json(report, model).dump(2) + "\n";
  write_atomically(path, [&text](std::ostream& stream) { stream << text; });
}

}  // namespace esact::platform
