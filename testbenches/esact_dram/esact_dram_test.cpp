#include "esact_dram/esact_dram.h"

#include <catch2/catch.hpp>

#include "dram/timed_dram_bench.h"
#include "tlm/thread.h"

using namespace esact;
using namespace esact::test;

namespace {

std::string error_of(const EsactDramConfig& config) {
  try {
    EsactDram dram("dram", config);
  } catch (const sc_core::sc_report& report) {
    return report.get_msg();
  }
  return "";
}

std::uint64_t figure(const EsactDram& dram, const std::string& name) {
  for (const DramFigure& entry : dram.figures()) {
    if (entry.name == name) return std::get<std::uint64_t>(entry.value);
  }
  FAIL("no figure " << name);
  return 0;
}

/// A DRAM of the package and an initiator.
struct Bench : sc_core::sc_module {
  EsactDram dram;
  InitiatorPort port;
  Links links;

  Bench(const sc_core::sc_module_name& name, const EsactDramConfig& config)
      : sc_module(name),
        dram("dram", config),
        port("port", tlm_config(TlmMode::kApproximate), kFine),
        links(TlmConfig{}, kFine) {
    links.bind(port, dram.memory);
  }
};

}  // namespace

TEST_CASE("a configuration of which no DRAM can be built is an error that names the object") {
  EsactDramConfig no_preset;
  no_preset.preset = "ddr9";
  CHECK(error_of(no_preset).find("dram: ") == 0);
  CHECK(error_of(no_preset).find("ddr9") != std::string::npos);
  EsactDramConfig no_table;
  no_table.table = "name: mine";
  CHECK(error_of(no_table).find("dram: table: ") == 0);
  EsactDramConfig odd_channels;
  odd_channels.controller.channels = 3;
  CHECK(error_of(odd_channels) == "dram: channels: 3, expected a power of two 1..64");
  EsactDramConfig too_large;
  too_large.bytes = std::uint64_t{1} << 50;
  CHECK(error_of(too_large).find("dram: bytes: 1125899906842624, expected ") == 0);
}

TEST_CASE("the socket reaches the controller: latencies, commands and figures are its own") {
  EsactDramConfig config;
  config.bytes = 1 << 20;
  Bench bench("bench", config);
  EsactDram& dram = bench.dram;
  InitiatorPort& port = bench.port;
  CHECK(dram.bytes() == 1 << 20);
  CHECK(dram.clock_period() == sc_core::sc_time(833, sc_core::SC_PS));
  std::vector<std::string> commands;
  dram.record_commands([&](const DramCommandRecord& record) { commands.emplace_back(name(record.command)); });
  Thread thread("thread", [&] {
    const std::uint64_t written = 0x0123456789abcdef;
    std::uint64_t value = 0;
    port.write(64, &written, sizeof written);
    CHECK(sc_core::sc_time_stamp() == 37 * dram.clock_period());
    port.read(64, &value, sizeof value);
    CHECK(value == written);
    CHECK(port.transport(tlm::TLM_READ_COMMAND, 1 << 20, &value, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(commands == std::vector<std::string>{"ACT", "WR", "RD"});
  CHECK(figure(dram, "row_hits") == 1);
  CHECK(figure(dram, "row_misses") == 1);
}

TEST_CASE("a table's text makes the DRAM that its preset makes") {
  EsactDramConfig config;
  config.table = dram_table_text("hbm2");
  const EsactDram dram("dram", config);
  CHECK(dram.clock_period() == Clock(dram_table("hbm2").clock_ps).cycles(1));
  CHECK(dram.bytes() == dram_table("hbm2").channel_bytes());
}
