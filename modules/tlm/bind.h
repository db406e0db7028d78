#pragma once

#include <memory>
#include <tlm>
#include <vector>

#include "common/clock.h"
#include "esact_interface/config.h"
#include "tlm/stall_injector.h"

namespace esact {

/// How a composition binds its links, so that what watches or disturbs a link is inserted in one place. Lives in the
/// module that composes, which must outlive the simulation.
class Links {
 public:
  Links(const TlmConfig& config, const Clock& clock);

  /// Binds the sockets, with a StallInjector of its own between them if stall_permille > 0.
  template <class Initiator>
  void bind(Initiator& initiator, tlm::tlm_base_target_socket_b<32>& target) {
    if (config_.stall_permille == 0) {
      initiator.bind(target);
      return;
    }
    StallInjector& injector = add_injector();
    initiator.bind(injector.in);
    injector.out.bind(target);
  }

 private:
  StallInjector& add_injector();

  TlmConfig config_;
  Clock clock_;
  std::vector<std::unique_ptr<StallInjector>> injectors_;
};

}  // namespace esact
