#pragma once

#include <cstddef>
#include <cstdint>
#include <systemc>

#include "common/clock.h"
#include "dram/byte_store.h"
#include "dram/dram_model.h"
#include "tlm/memory_port.h"

namespace esact {

/// `dram.preset: simple`.
struct SimpleDramConfig {
  std::uint64_t bytes = std::uint64_t{4} << 30;  ///< capacity
  double latency_ns = 60;                        ///< from the end of the transfer to the response
  double bandwidth_gbps = 19.2;                  ///< 10^9 bytes per second
  std::uint32_t clock_ps = 833;                  ///< period that the ledger counts in
};

/// DRAM as one channel of constant bandwidth and latency, in order of arrival:
///   start = max(arrival, end of the last transfer), end = start + bytes / bandwidth (rounded up to a picosecond),
///   response = end + latency.
/// An access beyond the capacity gets TLM_ADDRESS_ERROR_RESPONSE and takes no time; untouched bytes read as 0.
class SimpleDram : public sc_core::sc_module, public DramModel {
 public:
  MemoryPort memory;

  /// `queue_depth`: accesses in work at a time (non-blocking interface).
  SimpleDram(const sc_core::sc_module_name& name, const SimpleDramConfig& config, std::size_t queue_depth = 32);

  tlm::tlm_base_target_socket_b<32>& socket() override { return memory; }
  DramStatistics statistics() const override;
  const Ledger& ledger() const override;

  const ByteStore& bytes() const { return bytes_; }

 private:
  sc_core::sc_time reserve(const tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status transfer(tlm::tlm_generic_payload& payload);

  double picoseconds_per_byte_;
  sc_core::sc_time latency_;
  ByteStore bytes_;
  DramStatistics statistics_;
  sc_core::sc_time free_;  // end of the last transfer
  sc_core::sc_time busy_;  // sum of all transfers, those to come included
  mutable Ledger ledger_;  // learns of the end of a run of transfers when it is asked or when the next one starts
};

}  // namespace esact
