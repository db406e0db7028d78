#include "tlm/bind.h"

namespace esact {

Links::Links(const TlmConfig& config, const Clock& clock) : config_(config), clock_(clock) {}

StallInjector& Links::add_injector() {
  injectors_.push_back(std::make_unique<StallInjector>(sc_core::sc_gen_unique_name("stall_injector"), config_, clock_,
                                                       injectors_.size()));
  return *injectors_.back();
}

}  // namespace esact
