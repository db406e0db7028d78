#pragma once

#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "protocol_checker/protocol_rules.h"

namespace esact {

/// Sits on a link and reports whoever breaks a rule of the TLM-2.0 base protocol there (docs/protocol_checker.md):
/// SC_REPORT_ERROR "esact/protocol" with link, transaction, rule and clause of IEEE 1666-2011. Passes everything
/// through in the same call, blocking, non-blocking, direct memory and debug alike, and changes nothing (a transparent
/// component, clause 15.2.5). Needs nothing else of this project.
class ProtocolChecker : public sc_core::sc_module,
                        private tlm::tlm_fw_transport_if<>,
                        private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_target_socket<32> in;
  tlm::tlm_initiator_socket<32> out;

  /// `link`: how messages name the link; empty: by the module's name.
  explicit ProtocolChecker(const sc_core::sc_module_name& name, std::string link = "");

  /// Transactions, blocking ones too, that have begun and not ended here; the most of them at a time; and those that
  /// have ended.
  std::size_t in_flight() const { return transactions_.size(); }
  std::size_t most_in_flight() const { return most_in_flight_; }
  std::uint64_t completed() const { return completed_; }

 private:
  using Payload = tlm::tlm_generic_payload;

  /// How messages name a transaction: the address is the initiator's, whatever an interconnect makes of it.
  struct Access {
    tlm::tlm_command command;
    std::uint64_t address;
    unsigned length;

    explicit Access(const Payload& payload);
  };
  /// What nobody may change in a transaction's life.
  struct Attributes {
    tlm::tlm_command command;
    const unsigned char* data;
    unsigned length;
    const unsigned char* byte_enables;
    unsigned byte_enable_length;
    unsigned streaming_width;

    explicit Attributes(const Payload& payload);
    bool operator==(const Attributes& other) const;
  };
  enum class Stage : std::uint8_t { kBlocking, kRequest, kRequestEnded, kResponse };
  /// A transaction that has begun and not ended here.
  struct Transaction {
    const Payload* payload;
    Access access;
    Attributes attributes;
    Stage stage;
    sc_dt::uint64 time;  ///< effective, of the last call or return, in units of the time resolution
    tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;  ///< from BEGIN_RESP on

    Transaction(const Payload& payload, Stage stage, const sc_core::sc_time& delay);
  };
  /// A call of nb_transport as its caller made it.
  struct Call {
    Access access;
    bool forward;
    tlm::tlm_phase phase;
    sc_core::sc_time delay;
    sc_dt::uint64 delta;

    Call(const Payload& payload, bool forward, const tlm::tlm_phase& phase, const sc_core::sc_time& delay);
  };

  /// A call of the debug or direct memory interface as its caller made it.
  struct Inquiry {
    Access access;
    Attributes attributes;
    tlm::tlm_gp_option option;
    sc_dt::uint64 delta;

    explicit Inquiry(const Payload& payload);
  };

  void b_transport(Payload& payload, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& region) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;
  unsigned transport_dbg(Payload& payload) override;

  Transaction& begin(const Payload& payload, Stage stage, const sc_core::sc_time& delay);
  void enter(const Payload& payload, const tlm::tlm_phase& phase, bool forward, const sc_core::sc_time& delay);
  void enter_request(const Payload& payload, const sc_core::sc_time& delay);
  void enter_response(Transaction& transaction);
  void returned(const Call& call, tlm::tlm_sync_enum sync, const Payload& payload, const tlm::tlm_phase& phase,
                const sc_core::sc_time& delay);
  void completed(const Call& call, const Payload& payload, const sc_core::sc_time& delay);
  void end(Transaction& transaction);
  void answered(const Inquiry& inquiry, const Payload& payload, ProtocolRule wait_rule) const;

  void check_begin(const Payload& payload) const;
  void check_life(const Transaction& transaction) const;
  void check_reference(const Payload& payload, const Access& access) const;
  void check_time(Transaction& transaction, const sc_core::sc_time& delay) const;
  Transaction* find(const Payload& payload);
  void require(bool kept, ProtocolRule rule, const Access& access) const {
    if (!kept) report(rule, access);
  }
  void report(ProtocolRule rule, const Access& access) const;

  std::string link_;
  std::vector<Transaction> transactions_;
  std::size_t most_in_flight_ = 0;
  std::uint64_t completed_ = 0;
  const Payload* requesting_ = nullptr;  // between BEGIN_REQ and END_REQ
  const Payload* responding_ = nullptr;  // between BEGIN_RESP and END_RESP
};

}  // namespace esact
