#pragma once

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <unordered_map>

#include "esact_interface/transaction_listener.h"

namespace esact {

/// Sits on a link and tells a listener of everything that passes, which it changes in nothing: no time, no attribute,
/// no return value. Phases beyond those of the base protocol pass unseen, and so do accesses over direct memory.
class TransactionRecorder : public sc_core::sc_module {
 public:
  tlm_utils::passthrough_target_socket<TransactionRecorder> in;
  tlm_utils::simple_initiator_socket<TransactionRecorder> out;

  /// Events carry `socket` as their number. `listener` must outlive the simulation.
  TransactionRecorder(const sc_core::sc_module_name& name, TransactionListener& listener, std::uint32_t socket);

 private:
  using Payload = tlm::tlm_generic_payload;

  void b_transport(Payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned transport_dbg(Payload& payload);
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& region);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);

  TransactionEvent begin(const Payload& payload);
  void write(TransactionEvent event, TransactionPhase phase, const sc_core::sc_time& delay);
  void write_request(const TransactionEvent& event, TransactionPhase phase, const Payload& payload,
                     const sc_core::sc_time& delay);
  void write_response(TransactionEvent event, TransactionPhase phase, const Payload& payload,
                      const sc_core::sc_time& delay);
  void write_direct_memory(TransactionEvent event, TransactionPhase phase, std::uint64_t first, std::uint64_t last);
  void advance(const Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
  void complete(const Payload& payload, const sc_core::sc_time& delay);

  /// A transaction of the non-blocking interface, from BEGIN_REQ to its end.
  struct Transaction {
    TransactionEvent begin;
    bool responding = false;
  };

  TransactionListener& listener_;
  std::uint32_t socket_;
  std::uint64_t count_ = 0;
  std::unordered_map<const Payload*, Transaction> in_flight_;
};

}  // namespace esact
