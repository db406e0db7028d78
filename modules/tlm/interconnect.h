#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "tlm/phased_target.h"

namespace esact {

/// Routes transactions of any number of initiators to targets by address, without time of its own. Targets see
/// offsets in their range; an access that no range holds completely gets TLM_ADDRESS_ERROR_RESPONSE. Direct memory
/// that a target grants, and its invalidation, reach the initiators in their addresses and within the target's range.
class Interconnect : public sc_core::sc_module {
  class Entry;

 public:
  explicit Interconnect(const sc_core::sc_module_name& name);
  ~Interconnect() override;

  /// Where initiators bind.
  PhasedTarget& in();

  /// Routes the addresses base to base + size - 1 to `target` and binds it; before the simulation starts.
  /// A range that overlaps another is an SC_REPORT_ERROR naming both.
  void map(const std::string& range, std::uint64_t base, std::uint64_t size, tlm::tlm_base_target_socket_b<32>& target);

 private:
  struct Range;

  Range* route(std::uint64_t address, std::uint64_t bytes);
  void invalidate_direct_mem_ptr(int range, sc_dt::uint64 start, sc_dt::uint64 end);
  tlm::tlm_sync_enum nb_transport_bw(int range, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);

  std::unique_ptr<Entry> entry_;
  tlm_utils::multi_passthrough_initiator_socket<Interconnect> out_;
  std::vector<Range> ranges_;  // by index of the target in out_
};

}  // namespace esact
