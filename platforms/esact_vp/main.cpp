#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <systemc>

#include "platforms/common/configuration.h"
#include "platforms/esact_vp/hierarchy.h"
#include "platforms/esact_vp/memory_file.h"
#include "platforms/esact_vp/run.h"

namespace {

using esact::platform::HierarchyOptions;
using esact::platform::ImageOptions;
using esact::platform::RunOptions;

/// What says which machine is meant.
template <class Options>
void add_configuration(CLI::App& command, Options& options) {
  command.add_option("--config", options.config, "YAML file of parameters, see `esact-vp params`");
  command.add_option("--set", options.sets, "One parameter, key=value; may be given several times")
      ->allow_extra_args(false);
}

/// What says which work is meant.
template <class Options>
void add_workload(CLI::App& command, Options& options) {
  command.add_option("workload", options.workload, "Folder written by esact-export")->required();
  add_configuration(command, options);
  command.add_option("--batch", options.batch, "Sequences packed into one batch")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void add_run(CLI::App& app, RunOptions& options) {
  CLI::App* run = app.add_subcommand("run", "Run a workload and report cycles, energy and what sparsity saved");
  add_workload(*run, options);
  run->add_option("--out", options.out, "Folder for report.json and outputs.safetensors")->capture_default_str();
  run->add_option("--tensors", options.tensors, "File for every tensor of every layer");
  CLI::Option* record =
      run->add_option("--record", options.record, "Sockets whose transactions are recorded: names or patterns, a,b.*");
  run->add_flag("--record-data", options.record_data, "Record the data that they move, too")->needs(record);
  run->add_option("--record-file", options.record_file, "File of transactions, gzip if it ends in .gz")
      ->default_str("transactions.bin in --out")
      ->needs(record);
  run->add_flag("--quiet", options.quiet, "No table, no progress bar");
}

CLI::App* add_image(CLI::App& app, ImageOptions& options) {
  CLI::App* image =
      app.add_subcommand("image", "Write a workload as it has to lie in memory, for software of your own");
  add_workload(*image, options);
  image->add_option("--out", options.out, "File, its first byte at address 0x80000000")->capture_default_str();
  return image;
}

CLI::App* add_hierarchy(CLI::App& app, HierarchyOptions& options) {
  CLI::App* hierarchy = app.add_subcommand("hierarchy", "List the machine's modules and their bindings as JSON");
  add_configuration(*hierarchy, options);
  return hierarchy;
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
  ImageOptions image_options;
  const CLI::App* image = add_image(app, image_options);
  HierarchyOptions hierarchy_options;
  const CLI::App* hierarchy = add_hierarchy(app, hierarchy_options);
  CLI::App* params = app.add_subcommand("params", "List every parameter with default, range and meaning");
  bool markdown = false;
  params->add_flag("--markdown", markdown, "As docs/parameters.md holds the list");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  set_report_actions();
  try {
    if (*params) {
      std::cout << (markdown ? esact::platform::parameters_as_markdown() : esact::platform::parameters_as_text());
      return 0;
    }
    if (*image) {
      esact::platform::write_memory_file(image_options);
      return 0;
    }
    if (*hierarchy) {
      std::cout << esact::platform::hierarchy(hierarchy_options);
      return 0;
    }
    return esact::platform::run(options);
  } catch (const std::exception& error) {
    std::cerr << "esact-vp: " << error.what() << '\n';
    return 1;
  }
}
