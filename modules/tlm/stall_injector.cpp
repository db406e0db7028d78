#include "tlm/stall_injector.h"

namespace esact {

StallInjector::StallInjector(const sc_core::sc_module_name& name, const TlmConfig& config, const Clock& clock,
                             std::uint64_t link)
    : sc_core::sc_module(name),
      in("in"),
      out("out"),
      config_(config),
      clock_(clock),
      random_((std::uint64_t{config.stall_seed} << 32) + link) {
  in.register_b_transport(this, &StallInjector::b_transport);
  in.register_nb_transport_fw(this, &StallInjector::nb_transport_fw);
  in.register_transport_dbg(this, &StallInjector::transport_dbg);
  out.register_nb_transport_bw(this, &StallInjector::nb_transport_bw);
}

void StallInjector::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  delay += stall();
  out->b_transport(payload, delay);
  delay += stall();
}

tlm::tlm_sync_enum StallInjector::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                  sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) delay += stall();
  return out->nb_transport_fw(payload, phase, delay);
}

tlm::tlm_sync_enum StallInjector::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                  sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_RESP) delay += stall();
  return in->nb_transport_bw(payload, phase, delay);
}

unsigned StallInjector::transport_dbg(tlm::tlm_generic_payload& payload) {
  return out->transport_dbg(payload);
}

// splitmix64
std::uint64_t StallInjector::next_random() {
  std::uint64_t value = (random_ += 0x9e3779b97f4a7c15);
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

sc_core::sc_time StallInjector::stall() {
  if (next_random() % 1000 >= config_.stall_permille || config_.stall_cycles == 0) return sc_core::SC_ZERO_TIME;
  return clock_.cycles(1 + next_random() % config_.stall_cycles);
}

}  // namespace esact
