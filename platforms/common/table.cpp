#include "platforms/common/table.h"

#include <fmt/format.h>

namespace esact::platform {
namespace {

constexpr double kPicojoulesPerMicrojoule = 1e6;
constexpr double kPercent = 100;
constexpr double kMillion = 1e6;
constexpr double kTera = 1e12;
constexpr double kBytesPerMebibyte = 1 << 20;
constexpr double kPicosecondsPerMegahertz = 1e6;

double percent(double part, double whole) {
  return whole == 0 ? 0 : kPercent * part / whole;
}

std::string macs_columns(const std::array<std::uint64_t, kOperations>& macs, std::uint64_t dense) {
  const auto done = static_cast<double>(sum(macs));
  std::string text;
  for (const std::uint64_t operation : macs)
    text += fmt::format("{:>8.1f}", percent(static_cast<double>(operation), done));
  return text + fmt::format("{:>9.1f}", percent(done, static_cast<double>(dense)));
}

std::string busiest_column(const std::vector<BlockRecord>& blocks) {
  const BlockRecord* block = busiest(blocks);
  return block == nullptr ? "-" : fmt::format("{} {:.0f} %", block->name, kPercent * utilisation(*block));
}

std::string row(const std::string& label, std::uint64_t tokens, std::uint64_t cycles, const std::string& macs,
                const Energy& energy, const std::vector<BlockRecord>& blocks) {
  return fmt::format("{:<6}{:>7}{:>12}{}{:>12.3f}  {}\n", label, tokens, cycles, macs,
                     energy.total() / kPicojoulesPerMicrojoule, busiest_column(blocks));
}

std::string layer_rows(const Report& report, const EnergyModel& model, const Totals& total) {
  std::string text = fmt::format("{:>25}{:^56}{:>9}{:>12}\n", "", "share of the MACs done, %", "done of", "energy");
  text +=
      fmt::format("{:<6}{:>7}{:>12}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9}{:>12}  {}\n", "layer", "tokens", "cycles",
                  "query", "key", "value", "score", "context", "output", "ffn", "dense, %", "uJ", "busiest block");
  for (const LayerRecord& layer : report.layers) {
    text += row(std::to_string(layer.index), layer.tokens, layer.cycles,
                macs_columns(layer.counts.macs, sum(layer.dense_macs)), energy(layer, report, model), layer.blocks);
  }
  return text + row("total", total.tokens, total.cycles, macs_columns(total.counts.macs, total.dense_macs),
                    total.energy, report.blocks);
}

std::string energy_line(const Energy& energy) {
  std::string text = fmt::format("{:<12}{:.3f} uJ:", "energy", energy.total() / kPicojoulesPerMicrojoule);
  for (std::size_t i = 0; i < kEnergyBlocks; ++i) {
    text += fmt::format(" {} {:.1f} %{}", name(static_cast<EnergyBlock>(i)),
                        percent(energy.by_block[i], energy.total()), i + 1 < kEnergyBlocks ? "," : "\n");
  }
  return text;
}

std::string provenance_line(const Energy& energy) {
  std::string text = fmt::format("{:<12}", "");
  for (std::size_t i = 0; i < kProvenances; ++i) {
    text += fmt::format("{} {:.0f} %{}", name(static_cast<Provenance>(i)),
                        percent(energy.by_provenance[i], energy.total()), i + 1 < kProvenances ? ", " : "");
  }
  return text + " of it by coefficients of that kind\n";
}

std::string mac_utilisation(const Report& report) {
  for (const BlockRecord& block : report.blocks) {
    if (block.name == "mac_array") return fmt::format(", MAC array {:.1f} % busy", kPercent * utilisation(block));
  }
  return "";
}

}  // namespace

std::string table(const Report& report, const EnergyModel& model, const std::vector<std::string>& written) {
  const Totals total = totals(report, model);
  std::string text = layer_rows(report, model, total) + "\n";
  text +=
      fmt::format("{:<12}{:.1f} % of {:.1f} M dense MACs; {:.1f} % with the predictor in MAC equivalents by energy\n",
                  "reduction", kPercent * total.reduction, static_cast<double>(total.dense_macs) / kMillion,
                  kPercent * total.reduction_with_predictor);
  text += energy_line(total.energy) + provenance_line(total.energy);
  text += fmt::format("{:<12}{:.2f}, {:.2f} with DRAM (dense operations, 2 per MAC, over the energy spent)\n", "TOPS/W",
                      total.tops_per_watt, total.tops_per_watt_with_dram);
  const double dense_tops = total.time_s == 0 ? 0 : 2 * static_cast<double>(total.dense_macs) / total.time_s / kTera;
  text += fmt::format("{:<12}{} cycles at {:.0f} MHz = {:.3f} ms, {:.3f} dense TOPS, DRAM {:.2f} GB/s{}\n", "achieved",
                      total.cycles, kPicosecondsPerMegahertz / report.esact.clock_ps, total.time_s * 1e3, dense_tops,
                      total.dram_gbps, mac_utilisation(report));
  text += fmt::format("{:<12}{:.2f} s, {:.0f} MiB\n", "host", report.host.wall_s,
                      static_cast<double>(report.host.peak_rss_bytes) / kBytesPerMebibyte);
  for (const LayerRecord& layer : report.layers) {
    if (layer.quantizer != kernels::Quantizer::kExact || layer.counts.predictor_products == 0) continue;
    text += fmt::format("{:<12}quantizer exact is an ablation of accuracy: its predictor is charged as int8 MACs\n",
                        "note");
    break;
  }
  if (!report.complete) text += fmt::format("{:<12}the run stopped before its last layer\n", "INCOMPLETE");
  for (const std::string& file : written) text += fmt::format("{:<12}{}\n", "written", file);
  return text;
}

}  // namespace esact::platform
