#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <systemc>

#include "kernels/gemm.h"
#include "platforms/common/configuration.h"
#include "platforms/esact_vp/run.h"

namespace {

using esact::platform::RunOptions;

void add_run(CLI::App& app, RunOptions& options) {
  CLI::App* run = app.add_subcommand("run", "Run a workload and report cycles, energy and what sparsity saved");
  run->add_option("workload", options.workload, "Folder written by esact-export")->required();
  run->add_option("--config", options.config, "YAML file of parameters, see `esact-vp params`");
  run->add_option("--set", options.sets, "One parameter, key=value; may be given several times")
      ->allow_extra_args(false);
  run->add_option("--batch", options.batch, "Sequences packed into one batch")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  run->add_option("--out", options.out, "Folder for report.json and outputs.safetensors")->capture_default_str();
  run->add_option("--tensors", options.tensors, "File for every tensor of every layer");
  run->add_flag("--quiet", options.quiet, "No table, no progress bar");
}

/// Model bugs stop the program with SystemC's own message; everything else has been said by whoever saw it.
void set_report_actions() {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DISPLAY);
}

}  // namespace

/// SystemC's banner is for SystemC's own programs.
int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char* argv[]) {
  CLI::App app("Virtual prototype of the ESACT sparse transformer accelerator", "esact-vp");
  app.set_version_flag("--version", ESACT_VERSION);
  app.require_subcommand(1);
  app.failure_message(
      [](const CLI::App*, const CLI::Error& error) { return fmt::format("esact-vp: {}\n", error.what()); });
  RunOptions options;
  add_run(app, options);
  CLI::App* params = app.add_subcommand("params", "List every parameter with default, range and meaning");
  bool markdown = false;
  params->add_flag("--markdown", markdown, "As docs/parameters.md holds the list");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  set_report_actions();
  esact::kernels::set_gemm_threads(1);
  try {
    if (*params) {
      std::cout << (markdown ? esact::platform::parameters_as_markdown() : esact::platform::parameters_as_text());
      return 0;
    }
    return esact::platform::run(options);
  } catch (const std::exception& error) {
    std::cerr << "esact-vp: " << error.what() << '\n';
    return 1;
  }
}
