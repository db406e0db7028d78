#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <systemc>

#include "fuzz/device.h"
#include "fuzz/tally.h"
#include "fuzz/target.h"
#include "platforms/temporary_folder.h"

namespace esact::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kSecondsPerInput = 20;

/// Where the program is, for whoever has to find the input that ended it.
std::array<char, 256> place{};

/// Only what a signal handler may do.
void on_signal(int signal) {
  const char* reason = signal == SIGALRM ? "an input takes too long: " : "crashed at ";
  const bool written = write(STDERR_FILENO, reason, std::strlen(reason)) > 0 &&
                       write(STDERR_FILENO, place.data(), std::strlen(place.data())) > 0 &&
                       write(STDERR_FILENO, "\n", 1) > 0;
  _exit(written ? 3 : 4);
}

void enter(const std::string& where) {
  std::snprintf(place.data(), place.size(), "%s", where.c_str());
  alarm(kSecondsPerInput);
}

struct Options {
  std::vector<std::string> targets;
  std::uint64_t seed = 1, first = 0, count = 1000;
  fs::path corpus, save;
  DeviceOptions device;
};

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// False, with the reason printed, if a promise was broken.
bool run(const Target& target, const std::string& input, const std::string& where, Tally& tally,
         std::ostream* verdicts = nullptr) {
  enter(where);
  try {
    const Understood understood = target.read(input);
    tally.add(target.name, understood ? "taken" : "refused");
    if (verdicts != nullptr)
      *verdicts << where << '\t'
                << (understood ? understood->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) : "refused")
                << '\n';
    return true;
  } catch (const Failure& failure) {
    std::cerr << where << ": " << failure.what() << '\n';
    return false;
  }
}

bool run_corpus(const Target& target, const fs::path& corpus, Tally& tally) {
  bool good = true;
  const fs::path folder = corpus / target.name;
  if (!fs::exists(folder)) return true;
  for (const auto& entry : fs::directory_iterator(folder)) {
    good &= run(target, read_file(entry.path()), entry.path().string(), tally);
  }
  return good;
}

bool run_mutated(const Target& target, const Options& options, Tally& tally) {
  const bool save = !options.save.empty();
  std::ofstream verdicts;
  if (save) {
    fs::create_directories(options.save / target.name);
    verdicts.open(options.save / target.name / "verdicts.tsv");
  }
  std::uint64_t failures = 0;
  for (std::uint64_t index = options.first; index < options.first + options.count && failures < 10; ++index) {
    Random random(options.seed, index);
    enter("making an input of " + target.name);
    const std::string input = target.make(random);
    const std::string name = target.name + "-" + std::to_string(options.seed) + "-" + std::to_string(index);
    if (save) std::ofstream(options.save / target.name / name, std::ios::binary) << input;
    if (!run(target, input, name, tally, save ? &verdicts : nullptr)) ++failures;
  }
  return failures == 0;
}

int run(const Options& options) {
  const test::TemporaryFolder folder;
  Tally tally;
  bool good = true;
  const auto wanted = [&](const std::string& target) {
    return options.targets.empty() ||
           std::find(options.targets.begin(), options.targets.end(), target) != options.targets.end();
  };
  const fs::path root = options.save.empty() ? folder.path() : options.save;
  fs::create_directories(root);
  for (const Target& target : loader_targets(root.string())) {
    if (!wanted(target.name)) continue;
    if (!options.corpus.empty()) good &= run_corpus(target, options.corpus, tally);
    good &= run_mutated(target, options, tally);
  }
  if (wanted("device")) {
    DeviceOptions device = options.device;
    device.seed = options.seed;
    device.first = options.first;
    device.count = options.count;
    good &= run_device(device, enter, tally);
  }
  alarm(0);
  tally.print(std::cout);
  return good ? 0 : 1;
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("targets", options.targets,
                 "safetensors, workload, weights, inputs, config, set, device; all if none");
  app.add_option("--seed", options.seed, "Seed of the mutations")->capture_default_str();
  app.add_option("--first", options.first,
                 "First input; input N of a file is the same however many go before, a descriptor finds what they left "
                 "in memory")
      ->capture_default_str();
  app.add_option("--count", options.count, "Inputs for each target")->capture_default_str();
  app.add_option("--corpus", options.corpus, "Folder of inputs that are run first, one folder for each target");
  app.add_option("--save", options.save,
                 "Folder for every input, before it is run, and what was made of it, verdicts.tsv");
  app.add_option("--device-set", options.device.sets, "Parameter of the device's machine, key=value")
      ->allow_extra_args(false);
  app.add_option("--record", options.device.record, "File for the layers that ran, for check_runs.py");
}

}  // namespace
}  // namespace esact::fuzz

int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char* argv[]) {
  CLI::App app("Mutates what ESACT reads and checks that it ends in an error or in a right result", "esact-fuzz");
  esact::fuzz::Options options;
  esact::fuzz::add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  for (const int signal : {SIGALRM, SIGABRT}) std::signal(signal, esact::fuzz::on_signal);
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  return esact::fuzz::run(options);
}
