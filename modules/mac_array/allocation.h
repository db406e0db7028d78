#pragma once

#include <cstddef>
#include <memory>

#include "common/commands.h"
#include "esact_interface/config.h"

namespace esact {

/// Strategy that says which group may take slots of which command (`mac_array.allocation`).
class AllocationStrategy {
 public:
  virtual ~AllocationStrategy() = default;

  /// Whether `group` may work on `command`. Some group always may.
  virtual bool allows(const MatrixCommand& command, std::size_t group) const = 0;
};

/// The strategy that `config` names. Dynamic: any group takes any slot [paper: dynamic allocation]. Static: slots of
/// query, key and value, score and context of head h run on group h mod groups, others on all.
std::unique_ptr<const AllocationStrategy> make_allocation(const MacArrayConfig& config);

}  // namespace esact
