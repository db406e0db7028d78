#pragma once

#include <systemc>
#include <tlm>

namespace esact::test {

/// No transaction may begin with these attributes, whatever its target makes of them.
inline bool has_illegal_attributes(const tlm::tlm_generic_payload& payload) {
  const bool no_bytes = payload.get_data_length() == 0 && payload.get_command() != tlm::TLM_IGNORE_COMMAND;
  return no_bytes || payload.get_streaming_width() == 0;
}

/// While it lives, nobody is told off for breaking a rule of the base protocol: a test does so on purpose. The checkers
/// only count.
class BrokenOnPurpose {
 public:
  BrokenOnPurpose() : actions_(set_actions(sc_core::SC_DO_NOTHING)), before_(count()) {}
  ~BrokenOnPurpose() { set_actions(actions_); }
  BrokenOnPurpose(const BrokenOnPurpose&) = delete;
  BrokenOnPurpose& operator=(const BrokenOnPurpose&) = delete;

  /// Whether a checker has seen a rule broken.
  bool noticed() const { return count() > before_; }

 private:
  static constexpr const char* kType = "esact/protocol";

  static sc_core::sc_actions set_actions(sc_core::sc_actions actions) {
    return sc_core::sc_report_handler::set_actions(kType, sc_core::SC_ERROR, actions);
  }
  static int count() { return sc_core::sc_report_handler::get_count(kType, sc_core::SC_ERROR); }

  sc_core::sc_actions actions_;
  int before_;
};

}  // namespace esact::test
