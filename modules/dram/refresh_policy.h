#pragma once

#include <memory>

#include "dram_interface/command.h"

namespace esact {

/// Says when a channel has to be refreshed.
class RefreshPolicy {
 public:
  virtual ~RefreshPolicy() = default;

  /// Cycle from which on the banks are blocked for the next refresh; kNever if there is none.
  virtual DramCycle due() const = 0;

  /// A refresh was given.
  virtual void refreshed() = 0;
};

/// All-bank refresh, due at every multiple of `interval`; no refresh at all if not `enabled`.
std::unique_ptr<RefreshPolicy> make_refresh_policy(bool enabled, DramCycle interval);

}  // namespace esact
