#include "platforms/esact_vp/machine.h"

#include <stdexcept>

#include "dram/simple_dram.h"
#include "platforms/esact_vp/memory_map.h"

namespace esact::platform {
namespace {

std::unique_ptr<DramModel> make_dram(const DramConfig& config) {
  SimpleDramConfig simple;
  simple.bytes = config.bytes;
  simple.latency_ns = config.latency_ns;
  simple.bandwidth_gbps = config.bandwidth_gbps;
  return std::make_unique<SimpleDram>("dram", simple);
}

}  // namespace

Machine::Machine(sc_core::sc_module_name name, const PlatformConfig& config)
    : sc_module(name),
      esact("esact", config.esact),
      irq("irq"),
      reset("reset"),
      interconnect_("interconnect"),
      dram_(make_dram(config.dram)),
      loader_("loader") {
  esact.irq.bind(irq);
  esact.reset.bind(reset);
  esact.dma.bind(interconnect_.in());
  loader_.bind(interconnect_.in());
  interconnect_.map("csr", kCsrBase, kCsrBytes, esact.csr);
  interconnect_.map("dram", kDramBase, config.dram.bytes, dram_->socket());
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
