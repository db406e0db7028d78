#pragma once

#include <memory>
#include <systemc>
#include <vector>

#include "dram/byte_store.h"
#include "tlm/phased_target.h"

namespace esact {

/// Multi target socket of a memory whose accesses end when its controller says so. The owner gets every access that is
/// legal and answers it later; the others are answered here, without a trace in the owner:
/// byte enables TLM_BYTE_ENABLE_ERROR_RESPONSE, a streaming width below the length or a read or write of no bytes
/// TLM_BURST_ERROR_RESPONSE, an address outside the memory TLM_ADDRESS_ERROR_RESPONSE (IEEE 1666 clause 14.17).
class DramPort : public PhasedTarget {
 public:
  using PhasedTarget::Request;

  /// An access that the owner has to serve. Exactly one of the two ways to end it is in use.
  struct Access {
    tlm::tlm_generic_payload* payload = nullptr;
    sc_core::sc_event* done = nullptr;  ///< of a blocking access: to be notified when it is done
    Request request;                    ///< of a non-blocking one: `accept` and `respond` it
  };

  /// What the owner of the port does.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Takes an access, now.
    virtual void start(const Access& access) = 0;
  };

  /// `direct_latency`: of the direct memory interface; SC_ZERO_TIME if there is none.
  DramPort(const char* name, Owner& owner, ByteStore& bytes, const sc_core::sc_time& direct_latency);

  using PhasedTarget::accept;
  using PhasedTarget::respond;

  const char* kind() const override { return "esact::DramPort"; }

 private:
  tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const;
  void conclude(tlm::tlm_generic_payload& payload) const;
  bool offers_direct_access() const { return direct_latency_ != sc_core::SC_ZERO_TIME; }

  void block(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  void request(const Request& request) override;
  void finish(const Request& request) override;
  unsigned debug(tlm::tlm_generic_payload& payload) override;
  bool direct_memory(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) override;

  Owner& owner_;
  ByteStore& bytes_;
  sc_core::sc_time direct_latency_;
  std::vector<std::unique_ptr<sc_core::sc_event>> idle_events_;  // of blocking accesses that are over
};

}  // namespace esact
