#include <iostream>

#include "expected.h"
#include "platform.h"

namespace {

bool check(const consumer::Platform& platform, const std::vector<std::int32_t>& expected) {
  const bool passed = platform.host.done && platform.host.output == expected;
  std::cout << platform.name() << ": " << platform.host.cycles << " cycles, " << platform.host.output.size()
            << " values, " << (passed ? "as expected" : "NOT as expected") << '\n';
  return passed;
}

}  // namespace

/// Two accelerators of different configurations run the same image: their cycles differ, their values do not.
int sc_main(int argc, char* argv[]) {
  if (argc != 3) {
    std::cerr << "usage: consumer IMAGE EXPECTED\n"
                 "  IMAGE     written by `esact-vp image WORKLOAD --out IMAGE`\n"
                 "  EXPECTED  final h of the workload's sequences, safetensors\n";
    return 1;
  }
  try {
    esact::EsactConfig small;
    small.clock_ps = 3000;
    small.mac_array.lines = 4;
    small.mac_array.groups = 2;
    small.tlm.mode = esact::TlmMode::kApproximate;

    consumer::Platform large_platform("large", esact::EsactConfig{}, argv[1]);
    consumer::Platform small_platform("small", small, argv[1]);
    sc_core::sc_start();  // until nothing is left to do

    const std::vector<std::int32_t> expected = consumer::read_tensors(argv[2]);
    const bool large_passed = check(large_platform, expected);
    const bool small_passed = check(small_platform, expected);
    return large_passed && small_passed ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "consumer: " << error.what() << '\n';
    return 1;
  }
}
