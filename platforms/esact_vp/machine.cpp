#include "platforms/esact_vp/machine.h"

#include <stdexcept>

#include "dram/simple_dram.h"
#include "dram/timed_dram.h"
#include "platforms/esact_vp/memory_map.h"

namespace esact::platform {
namespace {

const char* table_name(DramPreset preset) {
  return preset == DramPreset::kDdr4 ? "ddr4" : preset == DramPreset::kLpddr4 ? "lpddr4" : "hbm2";
}

std::unique_ptr<DramModel> make_dram(const PlatformConfig& config) {
  if (config.dram.preset != DramPreset::kSimple) {
    const DramTable table = dram_table(table_name(config.dram.preset));
    TimedDramConfig timed;
    timed.bytes = config.dram.bytes;
    timed.direct_access = config.esact.tlm.mode == TlmMode::kLoose;
    while (table.channel_bytes() * timed.controller.channels < timed.bytes) timed.controller.channels *= 2;
    return std::make_unique<TimedDram>("dram", table, timed);
  }
  SimpleDramConfig simple;
  simple.bytes = config.dram.bytes;
  simple.latency_ns = config.dram.latency_ns;
  simple.bandwidth_gbps = config.dram.bandwidth_gbps;
  return std::make_unique<SimpleDram>("dram", simple);
}

}  // namespace

Machine::Machine(sc_core::sc_module_name name, const PlatformConfig& config, TransactionListener* listener)
    : sc_module(name),
      esact("esact", config.esact, listener),
      irq("irq"),
      reset("reset"),
      links_(config.esact.tlm, Clock(config.esact.clock_ps), listener),
      interconnect_("interconnect"),
      dram_(make_dram(config)),
      loader_("loader") {
  esact.irq.bind(irq);
  esact.reset.bind(reset);
  links_.bind(esact.dma, interconnect_.in());
  const std::string interconnect = interconnect_.name();
  interconnect_.map("csr", kCsrBase, kCsrBytes, links_.path_to(esact.csr, interconnect + ".csr"));
  interconnect_.map("dram", kDramBase, config.dram.bytes, links_.path_to(dram_->socket(), interconnect + ".dram"));
  links_.bind(loader_, interconnect_.in());
}

void Machine::debug(tlm::tlm_command command, std::uint64_t address, void* data, std::uint64_t bytes) {
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 30;  // a payload's length has 32 bits
  auto* position = static_cast<unsigned char*>(data);
  while (bytes > 0) {
    const unsigned length = static_cast<unsigned>(std::min(bytes, kPiece));
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(position);
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    if (loader_->transport_dbg(payload) != length) throw std::logic_error("debug access outside the memory map");
    address += length;
    position += length;
    bytes -= length;
  }
}

}  // namespace esact::platform
