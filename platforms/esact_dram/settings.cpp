#include "platforms/esact_dram/settings.h"

#include <utility>

#include "platforms/common/yaml.h"

namespace esact::platform {
namespace {

using C = DramControllerConfig;

constexpr const char* kCommandLine = "--set";

std::vector<Parameter<C>> make_parameters() {
  return {
      name_parameter<C, DramScheduler>(
          "scheduler", [](C & c) -> auto& { return c.scheduler; },
          {{"fr_fcfs", DramScheduler::kFrFcfs}, {"fifo", DramScheduler::kFifo}},
          "a bank serves hits first, then the oldest burst, or always the oldest"),
      name_parameter<C, DramPagePolicy>(
          "page_policy", [](C & c) -> auto& { return c.page_policy; },
          {{"open", DramPagePolicy::kOpen},
           {"closed", DramPagePolicy::kClosed},
           {"adaptive", DramPagePolicy::kAdaptive}},
          "rows stay open, are closed by every access, or by the last one if another row is waited for"),
      boolean_parameter<C>(
          "refresh", [](C & c) -> auto& { return c.refresh; }, "all-bank refresh"),
      integer_parameter<C, std::uint32_t>(
          "queue_depth", "bursts", [](C & c) -> auto& { return c.queue_depth; }, {1, 1024},
          "waiting for a bank, reads and writes together"),
      integer_parameter<C, std::uint32_t>(
          "channels", "", [](C & c) -> auto& { return c.channels; }, {1, 64, 1, true},
          "channels, each with its own controller"),
      integer_parameter<C, std::uint32_t>(
          "interleave_bits", "bits", [](C & c) -> auto& { return c.interleave_bits; }, {6, 30},
          "channels alternate every 2 to this many bytes where the mapping names no channel bits"),
      integer_parameter<C, std::uint32_t>(
          "pipeline_cycles", "tCK", [](C & c) -> auto& { return c.pipeline_cycles; }, {0, 1000},
          "from the arrival of a request to its first command at the earliest"),
      integer_parameter<C, std::uint32_t>(
          "request_bytes", "B", [](C & c) -> auto& { return c.request_bytes; }, {1, 4096, 1, true},
          "aligned block that enters the queues of a channel in one cycle"),
  };
}

}  // namespace

const std::vector<Parameter<DramControllerConfig>>& controller_parameters() {
  static const std::vector<Parameter<C>> kParameters = make_parameters();
  return kParameters;
}

std::pair<std::string, std::string> table_text(const DramChoice& choice) {
  if (choice.table) return {read_text(*choice.table), choice.table->string()};
  parse_name("--preset", "preset", choice.preset, dram_presets());
  return {dram_table_text(choice.preset), choice.preset};
}

DramTable load_table(const DramChoice& choice) {
  const auto [text, source] = table_text(choice);
  DramTable table = parse_dram_table(text, source);
  if (choice.mapping) table.mapping = parse_dram_mapping(read_text(*choice.mapping), choice.mapping->string());
  return table;
}

DramControllerConfig load_controller_config(const DramChoice& choice) {
  DramControllerConfig config;
  for (const std::string& setting : choice.sets) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) throw bad_value(kCommandLine, "setting", quotation(setting), "key=value");
    const std::string key = setting.substr(0, equals);
    find_parameter(controller_parameters(), kCommandLine, key).set(config, kCommandLine, setting.substr(equals + 1));
  }
  return config;
}

}  // namespace esact::platform
