#include "tlm/bind.h"

#include "protocol_checker/protocol_checker.h"
#include "tlm/stall_injector.h"
#include "transaction_recorder/transaction_recorder.h"

namespace esact {

Links::Links(const TlmConfig& config, const Clock& clock, TransactionListener* listener)
    : config_(config), clock_(clock), listener_(listener) {}

Links::TargetSocket& Links::path_to(TargetSocket& target, const std::string& initiator) {
  const std::string link = initiator + " -> " + dynamic_cast<const sc_core::sc_object&>(target).name();
  TargetSocket* next = &target;
  if (config_.stall_permille > 0) {
    if (config_.check) next = &insert<ProtocolChecker>("protocol_checker", *next, link + ", stalled");
    next = &insert<StallInjector>("stall_injector", *next, config_, clock_, stalled_links_++);
  }
  if (listener_ != nullptr) {
    const auto socket = listener_->number(initiator);
    if (socket) next = &insert<TransactionRecorder>("transaction_recorder", *next, *listener_, *socket);
  }
  if (config_.check) next = &insert<ProtocolChecker>("protocol_checker", *next, link);
  return *next;
}

}  // namespace esact
