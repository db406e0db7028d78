#include <fmt/format.h>

#include "platforms/common/configuration.h"

namespace esact::platform {
namespace {

using P = PlatformConfig;
using Table = std::vector<Parameter<P>>;

constexpr std::uint64_t kPageBytes = 4096;
constexpr IntegerRange kQueueDepth{1, 1024};
constexpr IntegerRange kPipeline{0, 1000};
constexpr IntegerRange kPortBytes{1, 4096, 1, true};
constexpr IntegerRange kInFlight{1, 64};
constexpr IntegerRange kUnits{1, 4096};

Parameter<P> u32(const char* key, const char* unit, FieldOf<P, std::uint32_t> field, IntegerRange range,
                 const char* description) {
  return integer_parameter<P, std::uint32_t>(key, unit, field, range, description);
}

Parameter<P> u64(const char* key, const char* unit, FieldOf<P, std::uint64_t> field, IntegerRange range,
                 const char* description) {
  return integer_parameter<P, std::uint64_t>(key, unit, field, range, description);
}

void add_array_parameters(Table& table) {
  table.push_back(u32(
      "mac_array.lines", "", [](P & p) -> auto& { return p.esact.mac_array.lines; }, kUnits, "lines of 64 int8 MACs"));
  table.push_back(u32(
      "mac_array.groups", "", [](P & p) -> auto& { return p.esact.mac_array.groups; }, {1, 256},
      "groups of lines that take tasks of their own; divides mac_array.lines"));
  table.push_back(name_parameter<P, Allocation>(
      "mac_array.allocation", [](P & p) -> auto& { return p.esact.mac_array.allocation; },
      {{"dynamic", Allocation::kDynamic}, {"static", Allocation::kStatic}},
      "any free group takes the next task, or attention tasks of head h run on group h mod groups"));
  table.push_back(u32(
      "mac_array.port_bytes", "B/cycle", [](P & p) -> auto& { return p.esact.mac_array.port_bytes; }, kPortBytes,
      "width between one group and the SRAM"));
  table.push_back(u32(
      "mac_array.pipeline_cycles", "cycles", [](P & p) -> auto& { return p.esact.mac_array.pipeline_cycles; },
      kPipeline, "fill and drain of a group that was idle"));
  table.push_back(u32(
      "mac_array.queue_depth", "", [](P & p) -> auto& { return p.esact.mac_array.queue_depth; }, kQueueDepth,
      "commands waiting"));
  table.push_back(name_parameter<P, ProjectionReuse>(
      "projection.reuse", [](P & p) -> auto& { return p.esact.ffn_array.projection_reuse; },
      {{"auto", ProjectionReuse::kAuto}, {"always", ProjectionReuse::kAlways}, {"never", ProjectionReuse::kNever}},
      "output projection computed for critical rows only; auto decides per layer and batch by cycles"));
  table.push_back(u32(
      "ffn_array.tiles_in_flight", "", [](P & p) -> auto& { return p.esact.ffn_array.tiles_in_flight; }, kInFlight,
      "column tiles of projection and FFN under way"));
  table.push_back(u32(
      "ffn_array.port_bytes", "B/cycle", [](P & p) -> auto& { return p.esact.ffn_array.port_bytes; }, kPortBytes,
      "width between the array and the SRAM"));
}

void add_predictor_parameters(Table& table) {
  table.push_back(u32(
      "predictor.products_per_cycle", "1/cycle", [](P & p) -> auto& { return p.esact.predictor.products_per_cycle; },
      {1, 1 << 20}, "add-only products, each with two shift-adders"));
  table.push_back(u32(
      "predictor.select_lanes", "1/cycle", [](P & p) -> auto& { return p.esact.predictor.select_lanes; }, kUnits,
      "compares of top-k or additions of similarity"));
  table.push_back(boolean_parameter<P>(
      "predictor.progressive", [](P& p) -> bool& { return p.esact.predictor.progressive; },
      "window records stream to the engine; false holds them until the head's last window"));
  table.push_back(u32(
      "predictor.port_bytes", "B/cycle", [](P & p) -> auto& { return p.esact.predictor.port_bytes; }, kPortBytes,
      "width of the operand path"));
  table.push_back(u32(
      "predictor.pipeline_cycles", "cycles", [](P & p) -> auto& { return p.esact.predictor.pipeline_cycles; },
      kPipeline, "latency of one step"));
  table.push_back(u32(
      "predictor.queue_depth", "", [](P & p) -> auto& { return p.esact.predictor.queue_depth; }, kQueueDepth,
      "commands waiting"));
  table.push_back(u32(
      "engine.windows_in_flight", "", [](P & p) -> auto& { return p.esact.engine.windows_in_flight; }, kInFlight,
      "windows being generated or attended at a time"));
  table.push_back(u32(
      "engine.queue_depth", "", [](P & p) -> auto& { return p.esact.engine.queue_depth; }, kQueueDepth,
      "window records waiting"));
  table.push_back(u32(
      "engine.port_bytes", "B/cycle", [](P & p) -> auto& { return p.esact.engine.port_bytes; }, kPortBytes,
      "width between the engine and the SRAM"));
}

void add_control_parameters(Table& table) {
  table.push_back(u32(
      "vector_unit.lanes", "1/cycle", [](P & p) -> auto& { return p.esact.vector_unit.lanes; }, kUnits,
      "elements of one pass"));
  table.push_back(u32(
      "vector_unit.pipeline_cycles", "cycles", [](P & p) -> auto& { return p.esact.vector_unit.pipeline_cycles; },
      kPipeline, "latency of one command"));
  table.push_back(u32(
      "vector_unit.port_bytes", "B/cycle", [](P & p) -> auto& { return p.esact.vector_unit.port_bytes; }, kPortBytes,
      "width between the unit and the SRAM"));
  table.push_back(u32(
      "vector_unit.queue_depth", "", [](P & p) -> auto& { return p.esact.vector_unit.queue_depth; }, kQueueDepth,
      "commands waiting"));
  table.push_back(u32(
      "scheduler.ring_fetch_cycles", "cycles", [](P & p) -> auto& { return p.esact.scheduler.ring_fetch_cycles; },
      kPipeline, "decode of one descriptor"));
  table.push_back(u32(
      "scheduler.heads_in_flight", "", [](P & p) -> auto& { return p.esact.scheduler.heads_in_flight; }, kInFlight,
      "heads whose buffers may be reserved at a time"));
}

void add_memory_parameters(Table& table) {
  table.push_back(u64(
      "sram.bytes", "B", [](P & p) -> auto& { return p.esact.sram.bytes; }, {kPageBytes, 1 << 30, kPageBytes},
      "on-chip memory"));
  table.push_back(name_parameter<P, SramAllocation>(
      "sram.allocation", [](P & p) -> auto& { return p.esact.sram.allocation; },
      {{"paged", SramAllocation::kPaged}, {"contiguous", SramAllocation::kContiguous}},
      "buffers take any free pages of 4 KiB, or the first run that is long enough"));
  table.push_back(u32(
      "sram.banks", "", [](P & p) -> auto& { return p.esact.sram.banks; }, {1, 1024, 1, true},
      "banks, each one access a cycle"));
  table.push_back(u32(
      "sram.bank_bytes", "B", [](P & p) -> auto& { return p.esact.sram.bank_bytes; }, {1, 256, 1, true},
      "bytes of one access of one bank"));
  table.push_back(u32(
      "sram.latency_cycles", "cycles", [](P & p) -> auto& { return p.esact.sram.latency_cycles; }, kPipeline,
      "from the last access to the response"));
  table.push_back(u32(
      "dma.burst_bytes", "B", [](P & p) -> auto& { return p.esact.dma.burst_bytes; }, {256, 4096, 1, true},
      "largest transaction on the system socket"));
  table.push_back(u32(
      "dma.outstanding", "", [](P & p) -> auto& { return p.esact.dma.outstanding; }, kInFlight,
      "transactions in flight"));
  table.push_back(u32(
      "dma.port_bytes", "B/cycle", [](P & p) -> auto& { return p.esact.dma.port_bytes; }, kPortBytes,
      "width between DMA and SRAM"));
  table.push_back(u32(
      "dma.queue_depth", "", [](P & p) -> auto& { return p.esact.dma.queue_depth; }, kQueueDepth, "commands waiting"));
  table.push_back(name_parameter<P, DramPreset>(
      "dram.preset", [](P & p) -> auto& { return p.dram.preset; },
      {{"simple", DramPreset::kSimple},
       {"ddr4", DramPreset::kDdr4},
       {"lpddr4", DramPreset::kLpddr4},
       {"hbm2", DramPreset::kHbm2}},
      "main memory: constant latency and bandwidth, or a cycle-accurate controller with as many channels as dram.bytes "
      "need"));
  table.push_back(u64(
      "dram.bytes", "B", [](P & p) -> auto& { return p.dram.bytes; }, {1 << 20, std::uint64_t{1} << 36, kPageBytes},
      "main memory"));
  table.push_back(number_parameter<P>(
      "dram.latency_ns", "ns", [](P& p) -> double& { return p.dram.latency_ns; }, 0, 100000,
      "simple: from request to first byte"));
  table.push_back(number_parameter<P>(
      "dram.bandwidth_gbps", "GB/s", [](P& p) -> double& { return p.dram.bandwidth_gbps; }, 0.001, 100000,
      "simple: 10^9 bytes per second"));
}

void add_transport_parameters(Table& table) {
  table.push_back(u32(
      "clock.period_ps", "ps", [](P & p) -> auto& { return p.esact.clock_ps; }, {100, 1000000}, "core clock period"));
  table.push_back(name_parameter<P, TlmMode>(
      "tlm.mode", [](P & p) -> auto& { return p.esact.tlm.mode; },
      {{"loose", TlmMode::kLoose}, {"approximate", TlmMode::kApproximate}},
      "one blocking transaction an operand, or bursts in four phases; values are the same"));
  table.push_back(u32(
      "tlm.burst_bytes", "B", [](P & p) -> auto& { return p.esact.tlm.burst_bytes; }, {16, 4096, 1, true},
      "approximate: bytes of one burst"));
  table.push_back(u32(
      "tlm.outstanding", "", [](P & p) -> auto& { return p.esact.tlm.outstanding; }, kInFlight,
      "approximate: bursts of one operand in flight"));
  table.push_back(boolean_parameter<P>(
      "tlm.check", [](P& p) -> bool& { return p.esact.tlm.check; },
      "a checker of the base protocol on every link; changes neither values nor cycles"));
  table.push_back(u32(
      "tlm.stall_permille", "1/1000", [](P & p) -> auto& { return p.esact.tlm.stall_permille; }, {0, 1000},
      "share of transactions that a stall injector delays"));
  table.push_back(u32(
      "tlm.stall_cycles", "cycles", [](P & p) -> auto& { return p.esact.tlm.stall_cycles; }, {1, 100000},
      "longest injected stall"));
  table.push_back(u32(
      "tlm.stall_seed", "", [](P & p) -> auto& { return p.esact.tlm.stall_seed; }, {0, 0xffffffff},
      "seed of the injected stalls"));
}

/// One row of the printed table.
struct Row {
  std::string key, value, unit, expected, description;
};

template <typename Target>
void add_rows(const std::vector<Parameter<Target>>& parameters, std::vector<Row>& rows) {
  const Target defaults;
  for (const Parameter<Target>& parameter : parameters) {
    const nlohmann::json value = parameter.get(defaults);
    rows.push_back({parameter.key, value.is_string() ? value.template get<std::string>() : value.dump(), parameter.unit,
                    parameter.expected, parameter.description});
  }
}

std::vector<Row> rows() {
  std::vector<Row> rows;
  add_rows(spls_parameters(), rows);
  add_rows(platform_parameters(), rows);
  return rows;
}

}  // namespace

const std::vector<Parameter<PlatformConfig>>& platform_parameters() {
  static const Table kTable = [] {
    Table table;
    add_array_parameters(table);
    add_predictor_parameters(table);
    add_control_parameters(table);
    add_memory_parameters(table);
    add_transport_parameters(table);
    return table;
  }();
  return kTable;
}

std::string parameters_as_text() {
  std::string text = fmt::format("{:<29} {:<11} {:<8} {:<46} {}\n", "key", "default", "unit", "allowed", "what");
  for (const Row& row : rows()) {
    text += fmt::format("{:<29} {:<11} {:<8} {:<46} {}\n", row.key, row.value, row.unit, row.expected, row.description);
  }
  return text;
}

std::string parameters_as_markdown() {
  std::string text =
      "# Parameters\n\n"
      "Generated from `platforms/common/parameters.cpp`; a test compares. `spls.*` live in the workload and change "
      "values; "
      "a setting here\noverrides them for all layers. Every other key changes time, energy or counts, never a "
      "tensor.\n\n"
      "| key | default | unit | allowed | what |\n|---|---|---|---|---|\n";
  for (const Row& row : rows()) {
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", row.key, row.value, row.unit, row.expected, row.description);
  }
  return text;
}

}  // namespace esact::platform
