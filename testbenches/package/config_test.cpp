#include <catch2/catch.hpp>
#include <functional>
#include <systemc>

#include "esact/check_config.h"
#include "esact/esact.h"

using namespace esact;

namespace {

struct Case {
  std::function<void(EsactConfig&)> change;
  std::string expected;  ///< the error; empty: none
};

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const sc_core::sc_report& report) {
    return report.get_msg();
  }
  return "";
}

}  // namespace

TEST_CASE("a configuration of which no accelerator can be built is named") {
  const std::vector<Case> cases = {
      {[](EsactConfig&) {}, ""},
      {[](EsactConfig& config) { config.sram.latency_cycles = 0; }, ""},
      {[](EsactConfig& config) { config.sram.bytes = 4096; }, ""},
      {[](EsactConfig& config) { config.clock_ps = 0; }, "npu: clock.period_ps is 0, expected at least 1"},
      {[](EsactConfig& config) { config.sram.banks = 0; }, "npu: sram.banks is 0, expected at least 1"},
      {[](EsactConfig& config) { config.dma.outstanding = 0; }, "npu: dma.outstanding is 0, expected at least 1"},
      {[](EsactConfig& config) { config.dma.burst_bytes = 100; },
       "npu: dma.burst_bytes is 100, expected a power of two 256..4096"},
      {[](EsactConfig& config) { config.sram.bytes = 0; }, "npu: sram.bytes is 0, expected a multiple of 4096"},
      {[](EsactConfig& config) { config.sram.bytes = 5000; }, "npu: sram.bytes is 5000, expected a multiple of 4096"},
      {[](EsactConfig& config) { config.mac_array.groups = 3; },
       "npu: mac_array.groups is 3, expected a divisor of mac_array.lines"},
      {[](EsactConfig& config) { config.tlm.stall_permille = 1001; },
       "npu: tlm.stall_permille is 1001, expected at most 1000"}};
  for (const Case& entry : cases) {
    EsactConfig config;
    entry.change(config);
    CHECK(error_of([&] { checked(config, "npu"); }) == entry.expected);
  }
}

TEST_CASE("an accelerator checks its configuration before it builds its blocks") {
  EsactConfig config;
  config.mac_array.groups = 0;
  CHECK(error_of([&] { Esact accelerator("accelerator", config); }) ==
        "accelerator: mac_array.groups is 0, expected at least 1");
}
