#include "platforms/esact_dram/play.h"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "dram_checker/command_log.h"
#include "platforms/common/atomic_file.h"
#include "platforms/esact_dram/trace.h"

namespace esact::platform {
namespace {

constexpr const char* kSchema = "esact-dram-statistics-1";
constexpr std::uint32_t kWindow = 4096;  // requests that the controller knows of at a time

/// Writes commands to a log, if there is one.
class Client : public DramClient {
 public:
  explicit Client(std::ostream* log) : log_(log) {}
  void command(const DramCommandRecord& record) override { write_dram_command(*log_, record); }
  void completed(std::uint32_t, DramCycle) override {}

 private:
  std::ostream* log_;
};

/// Everything of a run.
struct Run {
  DramTable table;
  DramControllerConfig config;
  DramControllerStatistics statistics;
  double wall_s = 0;
};

/// Whether table, mapping and parameters fit each other; else an error that names the file.
void check_fit(const Run& run, const DramChoice& choice) {
  Client client(nullptr);
  try {
    DramController(run.table, run.config, client);
  } catch (const std::invalid_argument& problem) {
    throw UserError((choice.mapping ? choice.mapping : choice.table).value_or(choice.preset).string(), problem.what());
  }
}

void submit(DramController& controller, const TraceReader& trace, const TraceAccess& access) {
  if (access.address >= controller.bytes() || access.bytes > controller.bytes() - access.address) {
    throw UserError(trace.source(), trace.position(),
                    fmt::format("{} bytes at 0x{:x}, but the memory ends at 0x{:x}", access.bytes, access.address,
                                controller.bytes()));
  }
  const std::uint64_t clock_ps = controller.table().clock_ps;
  const DramCycle arrival = (access.time_ps + clock_ps - 1) / clock_ps;
  controller.submit(arrival, access.address, access.bytes, access.write);
}

DramControllerStatistics play_trace(const std::filesystem::path& path, const DramTable& table,
                                    const DramControllerConfig& config, std::ostream* log) {
  Client client(log);
  DramController controller(table, config, client);
  controller.record_commands(log != nullptr);
  TraceReader trace(path);
  for (TraceAccess access; trace.next(access);) {
    while (controller.in_flight() >= kWindow) controller.advance(controller.next());
    submit(controller, trace, access);
  }
  while (controller.in_flight() > 0) controller.advance(controller.next());
  const DramCycle end = controller.last_end();
  if (end > 0) controller.advance(end - 1);
  return controller.statistics(end);
}

std::string figure_text(const DramFigure& figure) {
  if (const auto* count = std::get_if<std::uint64_t>(&figure.value)) return std::to_string(*count);
  return fmt::format("{:.3f}", std::get<double>(figure.value));
}

nlohmann::ordered_json statistics_json(const Run& run) {
  nlohmann::ordered_json json;
  json["schema"] = kSchema;
  json["table"] = run.table.name;
  json["clock_ps"] = run.table.clock_ps;
  for (const auto& parameter : controller_parameters()) json["config"][parameter.key] = parameter.get(run.config);
  for (const DramFigure& figure : dram_figures(run.statistics, run.table)) {
    std::visit([&](auto value) { json[figure.name] = value; }, figure.value);
    json["figures"][figure.name] = {{"unit", figure.unit}, {"description", figure.description}};
  }
  return json;
}

std::string statistics_text(const Run& run) {
  std::string text;
  for (const DramFigure& figure : dram_figures(run.statistics, run.table)) {
    text += fmt::format("{:<26}{:>18} {:<7} {}\n", figure.name, figure_text(figure), figure.unit, figure.description);
  }
  const double requests = static_cast<double>(run.statistics.read_requests + run.statistics.write_requests);
  return text + fmt::format("{:<26}{:>18.3f} {:<7} on this host, {:.0f} requests a second\n", "wall", run.wall_s, "s",
                            run.wall_s == 0 ? 0 : requests / run.wall_s);
}

}  // namespace

void play(const PlayOptions& options) {
  Run run{load_table(options.dram), load_controller_config(options.dram), {}, 0};
  check_fit(run, options.dram);
  const auto play_to = [&](std::ostream* log) {
    const auto begin = std::chrono::steady_clock::now();
    run.statistics = play_trace(options.trace, run.table, run.config, log);
    run.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  if (options.commands) {
    write_atomically(*options.commands, [&](std::ostream& log) {
      log << kDramLogHeader << '\n';
      play_to(&log);
    });
  } else {
    play_to(nullptr);
  }
  if (options.out) {
    write_atomically(*options.out / "statistics.json",
                     [&](std::ostream& file) { file << statistics_json(run).dump(2) << '\n'; });
  }
  if (!options.quiet) std::cout << statistics_text(run);
}

}  // namespace esact::platform
