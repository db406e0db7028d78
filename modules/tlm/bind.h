#pragma once

#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "esact_interface/config.h"
#include "esact_interface/transaction_listener.h"

namespace esact {

/// How a composition binds its links, so that what watches or disturbs a link is inserted in one place. Lives in the
/// module that composes, which must outlive the simulation.
class Links {
 public:
  using TargetSocket = tlm::tlm_base_target_socket_b<32>;

  /// `listener`, if any, is asked of every link whether it is to be recorded, and must outlive the simulation.
  Links(const TlmConfig& config, const Clock& clock, TransactionListener* listener = nullptr);

  /// Binds the sockets. Between them, from the initiator on: a ProtocolChecker if `check`; a TransactionRecorder if the
  /// listener wants the initiator's; if stall_permille > 0 a StallInjector, and behind it another checker.
  template <class Initiator>
  void bind(Initiator& initiator, tlm::tlm_base_target_socket_b<32>& target) {
    initiator.bind(path_to(target, initiator.name()));
  }

  /// What the socket `initiator` has to be bound to, for those who cannot bind it here.
  TargetSocket& path_to(TargetSocket& target, const std::string& initiator);

 private:
  /// Puts a module before `target` and returns the module's socket.
  template <class Module, class... Arguments>
  TargetSocket& insert(const char* name, TargetSocket& target, Arguments&&... arguments) {
    auto module = std::make_unique<Module>(sc_core::sc_gen_unique_name(name), std::forward<Arguments>(arguments)...);
    module->out.bind(target);
    TargetSocket& in = module->in;
    modules_.push_back(std::move(module));
    return in;
  }

  TlmConfig config_;
  Clock clock_;
  TransactionListener* listener_;
  std::uint64_t stalled_links_ = 0;
  std::vector<std::unique_ptr<sc_core::sc_module>> modules_;
};

}  // namespace esact
