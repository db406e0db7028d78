#include "esact/check_config.h"

#include <systemc>

#include "esact_interface/page_statistics.h"

namespace esact {
namespace {

struct Field {
  const char* key;
  std::uint64_t value;
};

bool power_of_two(std::uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

void require(bool met, const std::string& owner, const Field& field, const char* expected) {
  if (met) return;
  const std::string message =
      owner + ": " + field.key + " is " + std::to_string(field.value) + ", expected " + expected;
  SC_REPORT_ERROR("esact/config", message.c_str());
}

}  // namespace

const EsactConfig& checked(const EsactConfig& config, const std::string& owner) {
  const Field positive[] = {{"clock.period_ps", config.clock_ps},
                            {"tlm.burst_bytes", config.tlm.burst_bytes},
                            {"tlm.outstanding", config.tlm.outstanding},
                            {"sram.banks", config.sram.banks},
                            {"sram.bank_bytes", config.sram.bank_bytes},
                            {"dma.outstanding", config.dma.outstanding},
                            {"dma.port_bytes", config.dma.port_bytes},
                            {"dma.queue_depth", config.dma.queue_depth},
                            {"mac_array.lines", config.mac_array.lines},
                            {"mac_array.groups", config.mac_array.groups},
                            {"mac_array.port_bytes", config.mac_array.port_bytes},
                            {"mac_array.queue_depth", config.mac_array.queue_depth},
                            {"vector_unit.lanes", config.vector_unit.lanes},
                            {"vector_unit.port_bytes", config.vector_unit.port_bytes},
                            {"vector_unit.queue_depth", config.vector_unit.queue_depth},
                            {"predictor.products_per_cycle", config.predictor.products_per_cycle},
                            {"predictor.select_lanes", config.predictor.select_lanes},
                            {"predictor.port_bytes", config.predictor.port_bytes},
                            {"predictor.queue_depth", config.predictor.queue_depth},
                            {"engine.windows_in_flight", config.engine.windows_in_flight},
                            {"engine.queue_depth", config.engine.queue_depth},
                            {"engine.port_bytes", config.engine.port_bytes},
                            {"ffn_array.tiles_in_flight", config.ffn_array.tiles_in_flight},
                            {"ffn_array.port_bytes", config.ffn_array.port_bytes},
                            {"scheduler.heads_in_flight", config.scheduler.heads_in_flight}};
  for (const Field& field : positive) require(field.value > 0, owner, field, "at least 1");

  const std::uint32_t burst = config.dma.burst_bytes;
  require(power_of_two(burst) && burst >= 256 && burst <= 4096, owner, {"dma.burst_bytes", burst},
          "a power of two 256..4096");
  require(config.sram.bytes >= kPageBytes && config.sram.bytes % kPageBytes == 0, owner,
          {"sram.bytes", config.sram.bytes}, "a multiple of 4096");
  require(config.mac_array.lines % config.mac_array.groups == 0, owner, {"mac_array.groups", config.mac_array.groups},
          "a divisor of mac_array.lines");
  require(config.tlm.stall_permille <= 1000, owner, {"tlm.stall_permille", config.tlm.stall_permille}, "at most 1000");
  return config;
}

}  // namespace esact
