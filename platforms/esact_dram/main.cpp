#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <systemc>

#include "platforms/esact_dram/check.h"
#include "platforms/esact_dram/play.h"

namespace {

using esact::platform::CheckOptions;
using esact::platform::DramChoice;
using esact::platform::PlayOptions;

void add_dram(CLI::App& app, DramChoice& choice) {
  CLI::Option* preset = app.add_option("--preset", choice.preset, "Compiled-in timing table: ddr4, lpddr4 or hbm2");
  app.add_option("--table", choice.table, "YAML timing table of your own instead")->excludes(preset);
}

void add_play(CLI::App& app, PlayOptions& options) {
  app.add_option("trace", options.trace, "CSV file of time_ns,R|W,hexaddr,size, or that with gzip");
  add_dram(app, options.dram);
  app.add_option("--mapping", options.dram.mapping, "JSON or YAML file of bit lists instead of the table's");
  app.add_option("--set", options.dram.sets, "A parameter of the controller, key=value; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--out", options.out, "Folder for statistics.json");
  app.add_option("--commands", options.commands, "CSV file for every DRAM command with its cycle");
  app.add_flag("--quiet", options.quiet, "No statistics on the terminal");
  std::string keys;
  for (const auto& parameter : esact::platform::controller_parameters()) {
    keys += fmt::format("  {:<16} {:<38} {}\n", parameter.key, parameter.expected, parameter.description);
  }
  app.footer("Keys of --set:\n" + keys);
}

void add_check(CLI::App& app, CheckOptions& options) {
  CLI::App* check = app.add_subcommand("check", "Check a command log against the rules of the DRAM's standard");
  check->add_option("log", options.log, "File written by --commands")->required();
  add_dram(*check, options.dram);
  check->add_flag("!--no-refresh", options.refresh, "The log need not contain refreshes");
}

}  // namespace

/// The library's SystemC wants its own main; its banner is for its own programs.
int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char* argv[]) {
  CLI::App app("Plays memory traces on a cycle-accurate DRAM controller", "esact-dram");
  app.set_version_flag("--version", ESACT_VERSION);
  app.failure_message(
      [](const CLI::App*, const CLI::Error& error) { return fmt::format("esact-dram: {}\n", error.what()); });
  PlayOptions play;
  CheckOptions check;
  add_play(app, play);
  add_check(app, check);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  try {
    if (app.got_subcommand("check")) return esact::platform::check(check) == 0 ? 0 : 1;
    if (play.trace.empty()) throw esact::platform::UserError("trace", "missing, see --help");
    esact::platform::play(play);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "esact-dram: " << error.what() << '\n';
    return 1;
  }
}
