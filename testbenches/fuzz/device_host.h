#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "esact_interface/registers.h"
#include "fuzz/target.h"
#include "platforms/common/workload.h"
#include "platforms/esact_vp/image.h"
#include "platforms/esact_vp/machine.h"
#include "platforms/esact_vp/memory_map.h"
#include "tlm/initiator_port.h"

namespace esact::fuzz {

/// A machine, software's way to it, and a workload whose results NumPy computed beforehand. All methods that take time
/// are for an SC_THREAD.
class DeviceHost : public sc_core::sc_module {
 public:
  DeviceHost(const sc_core::sc_module_name& name, const platform::PlatformConfig& config);

  std::uint32_t read(std::uint32_t offset);
  void write(std::uint32_t offset, std::uint32_t value);
  /// One b_transport with every attribute as the caller set it.
  void transport(tlm::tlm_generic_payload& payload);
  unsigned debug(tlm::tlm_generic_payload& payload) { return raw_->transport_dbg(payload); }

  void load(std::uint64_t address, const void* data, std::size_t bytes);
  void store(std::uint64_t address, void* data, std::size_t bytes);
  template <typename Value>
  void load(std::uint64_t address, const std::vector<Value>& values) {
    load(address, values.data(), values.size() * sizeof(Value));
  }

  bool irq() const { return machine_.irq.read(); }
  void pulse_reset();

  /// Ring, enable, interrupt.
  void start(std::uint64_t ring, std::uint32_t entries);
  /// Waits until nothing is in flight; Failure if that takes longer than any work of the fuzz test may.
  void wait_until_idle();
  /// Soft reset, after which every register has its reset value and the interrupt line is low, else Failure.
  void reset();
  /// Puts the shipped workload back into DRAM, runs it and compares; Failure if a value differs.
  void check_good_run();

  /// Behind the shipped workload.
  std::uint64_t free_memory() const { return (image_.data_end() + (1 << 20)) & ~std::uint64_t{0xfffff}; }

 private:
  struct Piece {
    std::uint64_t address;
    std::vector<unsigned char> bytes;
  };

  platform::Workload workload_;
  platform::Image image_;
  platform::Machine machine_;
  InitiatorPort bus_;
  tlm_utils::simple_initiator_socket<DeviceHost, 32> raw_;
  std::vector<Piece> pieces_;                        ///< what lies in DRAM before a run
  std::vector<std::vector<std::int32_t>> expected_;  ///< h after the last layer, by sequence
};

}  // namespace esact::fuzz
