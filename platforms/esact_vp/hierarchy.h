#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace esact::platform {

/// Arguments of `esact-vp hierarchy`.
struct HierarchyOptions {
  std::optional<std::filesystem::path> config;
  std::vector<std::string> sets;  ///< key=value
};

/// Elaborates the machine with its host and returns, as JSON, what SystemC then holds: `modules`, names in the order of
/// construction; `links`, one list of sockets per binding, from the initiator through the sockets of the modules it
/// leaves and enters to the target; `wires`, the same for ports of type bool. UserError on bad parameters.
std::string hierarchy(const HierarchyOptions& options);

}  // namespace esact::platform
