#include "dram/simple_dram.h"

#include <algorithm>
#include <cmath>

namespace esact {

namespace {

sc_core::sc_time picoseconds(double count) {
  return sc_core::sc_time(static_cast<double>(std::ceil(count)), sc_core::SC_PS);
}

}  // namespace

SimpleDram::SimpleDram(const sc_core::sc_module_name& name, const SimpleDramConfig& config, std::size_t queue_depth)
    : sc_core::sc_module(name),
      memory(
          "memory", [this](const tlm::tlm_generic_payload& payload) { return reserve(payload); },
          [this](tlm::tlm_generic_payload& payload) { return transfer(payload); }, queue_depth),
      picoseconds_per_byte_(1000.0 / config.bandwidth_gbps),
      latency_(picoseconds(1000.0 * config.latency_ns)),
      bytes_(config.bytes),
      ledger_(Clock(config.clock_ps), 1) {}

const Ledger& SimpleDram::ledger() const {
  if (free_ <= sc_core::sc_time_stamp()) ledger_.enter(0, UnitState::kIdle, free_);
  return ledger_;
}

DramStatistics SimpleDram::statistics() const {
  DramStatistics statistics = statistics_;
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  statistics.busy_seconds = (free_ > now ? busy_ - (free_ - now) : busy_).to_seconds();
  return statistics;
}

sc_core::sc_time SimpleDram::reserve(const tlm::tlm_generic_payload& payload) {
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  const std::uint64_t bytes = payload.get_data_length();
  if (!bytes_.contains(payload.get_address(), bytes)) return now;
  (payload.is_write() ? statistics_.write_bytes : statistics_.read_bytes) += bytes;
  if (free_ < now) {
    ledger_.enter(0, UnitState::kIdle, free_);
    free_ = now;
  }
  ledger_.enter(0, UnitState::kBusy);
  const sc_core::sc_time transfer = picoseconds(static_cast<double>(bytes) * picoseconds_per_byte_);
  busy_ += transfer;
  free_ += transfer;
  return free_ + latency_;
}

tlm::tlm_response_status SimpleDram::transfer(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const std::size_t bytes = payload.get_data_length();
  if (!bytes_.contains(address, bytes)) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (payload.is_read()) bytes_.read(address, payload.get_data_ptr(), bytes);
  if (payload.is_write()) bytes_.write(address, payload.get_data_ptr(), bytes);
  return tlm::TLM_OK_RESPONSE;
}

}  // namespace esact
