#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <systemc>

#include "platforms/common/error.h"
#include "platforms/spls_golden/golden_run.h"

namespace {

using esact::platform::GoldenResult;

/// The golden files of a folder, by name.
std::vector<std::filesystem::path> golden_files(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    throw esact::platform::UserError(folder.string(), "no such folder, expected one with golden *.safetensors");
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int check(const std::filesystem::path& folder) {
  std::size_t passed = 0, failed = 0;
  std::vector<esact::platform::GoldenCase> cases;
  for (const std::filesystem::path& file : golden_files(folder)) {
    try {
      cases.push_back(esact::platform::read_golden_case(file));
    } catch (const esact::platform::UserError& error) {
      std::cout << "FAILED " << error.what() << '\n';
      ++failed;
    }
  }
  for (const GoldenResult& result : esact::platform::run_golden_cases(cases)) {
    if (result.differences.empty()) {
      ++passed;
      continue;
    }
    ++failed;
    std::cout << "FAILED " << result.name << ':';
    for (const std::string& difference : result.differences) std::cout << ' ' << difference;
    std::cout << '\n';
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return passed > 0 && failed == 0 ? 0 : 1;
}

}  // namespace

/// SystemC's banner is for SystemC's own programs.
int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char* argv[]) {
  if (argc != 2 || argv[1][0] == '-') {
    std::cerr
        << "usage: spls_golden DIR\nRuns every golden case of DIR through the accelerator's blocks and compares.\n";
    return 1;
  }
  try {
    return check(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "spls_golden: " << error.what() << '\n';
    return 1;
  }
}
