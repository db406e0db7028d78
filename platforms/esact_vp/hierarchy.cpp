#include "platforms/esact_vp/hierarchy.h"

#include <tlm_utils/multi_passthrough_initiator_socket.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <systemc>
#include <tlm>

#include "platforms/esact_vp/driver.h"
#include "platforms/esact_vp/machine.h"
#include "platforms/esact_vp/memory_map.h"

namespace esact::platform {
namespace {

using InitiatorSocket = tlm::tlm_base_initiator_socket_b<32>;
using TargetSocket = tlm::tlm_base_target_socket_b<32>;
using MultiInitiatorSocket = tlm_utils::multi_init_base_if<tlm::tlm_base_protocol_types>;

/// What meets at one interface: the ends that call or drive, and those that are called or listen.
struct Binding {
  const sc_core::sc_interface* interface = nullptr;
  std::vector<std::string> from;
  std::vector<std::string> to;
};

/// Bindings in the order in which their first ends were constructed.
class Bindings {
 public:
  void add_from(const sc_core::sc_interface* interface, const char* name) { at(interface).from.emplace_back(name); }
  void add_to(const sc_core::sc_interface* interface, const char* name) { at(interface).to.emplace_back(name); }

  /// Every binding as one list of names, outwards from the module it begins in, then inwards.
  nlohmann::ordered_json paths() const {
    nlohmann::ordered_json paths = nlohmann::ordered_json::array();
    for (Binding binding : bindings_) {
      const auto depth = [](const std::string& name) { return std::count(name.begin(), name.end(), '.'); };
      std::stable_sort(binding.from.begin(), binding.from.end(),
                       [&](const auto& left, const auto& right) { return depth(left) > depth(right); });
      std::stable_sort(binding.to.begin(), binding.to.end(),
                       [&](const auto& left, const auto& right) { return depth(left) < depth(right); });
      binding.from.insert(binding.from.end(), binding.to.begin(), binding.to.end());
      paths.push_back(binding.from);
    }
    return paths;
  }

 private:
  Binding& at(const sc_core::sc_interface* interface) {
    const auto known = std::find_if(bindings_.begin(), bindings_.end(),
                                    [&](const Binding& binding) { return binding.interface == interface; });
    return known != bindings_.end() ? *known : bindings_.emplace_back(Binding{interface, {}, {}});
  }

  std::vector<Binding> bindings_;
};

/// What the object tree says of modules, TLM sockets and bool ports.
class Walk {
 public:
  void visit(const std::vector<sc_core::sc_object*>& objects) {
    for (sc_core::sc_object* object : objects) {
      if (dynamic_cast<const sc_core::sc_module*>(object)) modules_.emplace_back(object->name());
      visit_socket(*object);
      visit_port(*object);
      visit(object->get_child_objects());
    }
  }

  nlohmann::ordered_json result() const {
    return {{"modules", modules_}, {"links", links_.paths()}, {"wires", wires_.paths()}};
  }

 private:
  /// Two sockets are bound if the target's backward path ends at the initiator's interface. A multi initiator has an
  /// interface per target, and asking it for "its" interface would add one more.
  void visit_socket(sc_core::sc_object& object) {
    if (auto* const multi = dynamic_cast<MultiInitiatorSocket*>(&object)) {
      for (const auto* binder : multi->get_binders()) links_.add_from(binder, object.name());
    } else if (auto* const initiator = dynamic_cast<InitiatorSocket*>(&object)) {
      links_.add_from(&initiator->get_base_interface(), object.name());
    } else if (auto* const target = dynamic_cast<TargetSocket*>(&object)) {
      auto& backward = target->get_base_port();
      for (int index = 0; index < backward.size(); ++index) links_.add_to(backward[index], object.name());
    }
  }

  void visit_port(const sc_core::sc_object& object) {
    if (const auto* const output = dynamic_cast<const sc_core::sc_inout<bool>*>(&object)) {
      wires_.add_from(output->get_interface(), object.name());
    } else if (const auto* const input = dynamic_cast<const sc_core::sc_in<bool>*>(&object)) {
      wires_.add_to(input->get_interface(), object.name());
    }
  }

  std::vector<std::string> modules_;
  Bindings links_;
  Bindings wires_;
};

}  // namespace

std::string hierarchy(const HierarchyOptions& options) {
  PlatformConfig config = load_configuration(options.config, options.sets);
  config.esact.tlm.check = false;  // who looks at a link stands between its ends
  Machine machine("machine", config);
  Driver host("host", kCsrBase, kDramBase, 2, {});
  machine.bind_host(host.bus);
  host.irq.bind(machine.irq);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);  // ports know their interfaces from here on
  Walk walk;
  walk.visit(sc_core::sc_get_top_level_objects());
  return walk.result().dump(2) + '\n';
}

}  // namespace esact::platform
