#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <memory>
#include <systemc>

#include "dram/dram_model.h"
#include "esact/esact.h"
#include "platforms/common/configuration.h"
#include "tlm/bind.h"
#include "tlm/interconnect.h"

namespace esact::platform {

/// The virtual prototype: an Esact, its DRAM and the interconnect between them and a host, which is bound with
/// `bind_host`.
class Machine : public sc_core::sc_module {
 public:
  /// `listener`, if any, records the links that it wants, the host's and the interconnect's (`interconnect.csr`,
  /// `interconnect.dram`) among them, and must outlive the simulation.
  Machine(sc_core::sc_module_name name, const PlatformConfig& config, TransactionListener* listener = nullptr);

  Esact esact;
  sc_core::sc_signal<bool> irq;
  sc_core::sc_signal<bool> reset;

  /// Binds a host's socket, over a link that is recorded, checked and stalled like those within the machine. Addresses
  /// of memory_map.h.
  template <class Initiator>
  void bind_host(Initiator& host) {
    links_.bind(host, interconnect_.in());
  }
  DramModel& dram() { return *dram_; }
  /// Fills or reads DRAM as a boot loader would: at once and without side effects. Address in the map.
  void debug(tlm::tlm_command command, std::uint64_t address, void* data, std::uint64_t bytes);

 private:
  Links links_;
  Interconnect interconnect_;
  std::unique_ptr<DramModel> dram_;
  tlm_utils::simple_initiator_socket<Machine, 32> loader_;
};

}  // namespace esact::platform
