#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>
#include <tlm>
#include <type_traits>

#include "common/clock.h"
#include "esact_interface/config.h"
#include "tlm/memory_manager.h"

namespace esact {

/// Initiator side of a link, for SC_THREADs: every call returns when its transaction is done, at an edge of `clock`.
/// Loose mode sends one b_transport per call. Approximate mode cuts a call into bursts that end at multiples of
/// `burst_bytes` and keeps up to `outstanding` of them in flight through nb_transport (IEEE 1666 clause 15.2); a
/// command record always is one transaction. Any number of threads may use a port at a time; calls for zero bytes
/// return at once.
class InitiatorPort : public tlm::tlm_initiator_socket<32>, public tlm::tlm_bw_transport_if<> {
 public:
  /// `port_bytes`: bytes that the port's wires move per cycle: n bytes occupy them for ceil(n / port_bytes) cycles from
  /// the later of the next edge and their last use, and the call returns no earlier. 0: no limit.
  /// `config.burst_bytes` and `config.outstanding` are at least 1.
  InitiatorPort(const char* name, const TlmConfig& config, const Clock& clock, std::uint32_t port_bytes = 0);

  /// Moves `bytes` bytes between `data` and `address`; `data` is not used by TLM_IGNORE_COMMAND. Returns the response,
  /// of the first burst that failed if any did; later bursts are then not sent.
  [[nodiscard]] tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address, void* data,
                                                   std::size_t bytes);

  /// The same for what cannot fail: a response other than TLM_OK_RESPONSE is an SC_REPORT_FATAL naming the port, the
  /// access and the response.
  void read(std::uint64_t address, void* data, std::size_t bytes);
  void write(std::uint64_t address, const void* data, std::size_t bytes);

  /// Re-read of an operand whose values are known: a TLM_IGNORE_COMMAND, timed as a read, without data.
  void stream(std::uint64_t address, std::size_t bytes);

  /// transport_dbg: no time, no side effects. Fatal if not all bytes could be moved.
  void debug_read(std::uint64_t address, void* data, std::size_t bytes);
  void debug_write(std::uint64_t address, const void* data, std::size_t bytes);

  /// Writes a command record to address 0 and returns when the command has completed; its response.
  template <class Record>
  [[nodiscard]] tlm::tlm_response_status try_send(const Record& record) {
    static_assert(std::is_trivially_copyable_v<Record>);
    return whole(tlm::TLM_WRITE_COMMAND, 0, const_cast<Record*>(&record), sizeof(Record));
  }

  /// The same for commands that cannot fail: fatal on a response other than TLM_OK_RESPONSE.
  template <class Record>
  void send(const Record& record) {
    require(try_send(record), "command", 0, sizeof(Record));
  }

  /// Cycles for which `bytes` bytes occupy the wires.
  std::uint64_t wire_cycles(std::size_t bytes) const;

  const char* kind() const override { return "esact::InitiatorPort"; }

 private:
  /// Progress of one call in approximate mode.
  struct Operand {
    std::uint32_t in_flight = 0;
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  };
  struct Burst : tlm::tlm_generic_payload {
    Operand* operand = nullptr;
  };
  using Queue = tlm_utils::peq_with_cb_and_phase<InitiatorPort>;

  tlm::tlm_response_status whole(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes);
  tlm::tlm_response_status loose(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes);
  tlm::tlm_response_status bursts(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes,
                                  std::size_t burst_bytes);
  void wait_for_request_phase(const Operand& operand);
  void request(Operand& operand, tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes);
  void debug(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes);
  void end_request(const tlm::tlm_generic_payload& payload);
  void end_response(Burst& burst);
  void delayed(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  sc_core::sc_time occupy_wires(std::size_t bytes);
  void require(tlm::tlm_response_status status, const char* access, std::uint64_t address, std::size_t bytes) const;

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  TlmConfig config_;
  Clock clock_;
  std::uint32_t port_bytes_;
  sc_core::sc_time wires_free_;
  MemoryManager<Burst> payloads_;
  std::deque<const Operand*> requesters_;
  const Burst* requesting_ = nullptr;  // between BEGIN_REQ and END_REQ
  sc_core::sc_event progress_;
  std::unique_ptr<Queue> delayed_;  // phases with an annotated delay
};

}  // namespace esact
