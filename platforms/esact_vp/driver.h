#pragma once

#include <functional>
#include <optional>
#include <systemc>
#include <vector>

#include "esact_interface/descriptor.h"
#include "tlm/initiator_port.h"

namespace esact::platform {

/// What ESACT reported when it stopped.
struct DeviceError {
  ErrorCode code = ErrorCode::kNone;
  std::uint32_t index = 0;  ///< of the descriptor
  std::uint64_t address = 0;
};

/// Native driver: a thread that does over the bus what the firmware's driver does: sets up the ring, writes
/// descriptors, rings the doorbell, sleeps until the interrupt, and refills the ring as it empties.
class Driver : public sc_core::sc_module {
 public:
  /// `bus` reaches the registers at `csr_base` and the ring at `ring_base`.
  Driver(sc_core::sc_module_name name, std::uint64_t csr_base, std::uint64_t ring_base, std::uint32_t ring_entries,
         std::vector<Descriptor> descriptors);

  InitiatorPort bus;
  sc_core::sc_in<bool> irq;

  /// All descriptors have completed, or ESACT has stopped with an error.
  bool done() const { return done_; }
  const std::optional<DeviceError>& error() const { return error_; }

 private:
  void drive();
  void announce();
  void wait_for_interrupt();
  std::uint32_t read(std::uint32_t offset);
  void write(std::uint32_t offset, std::uint32_t value);

  std::uint64_t csr_base_;
  std::uint64_t ring_base_;
  std::uint32_t ring_entries_;
  std::vector<Descriptor> descriptors_;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
  bool done_ = false;
  std::optional<DeviceError> error_;
};

/// Simulates until `driver` is done or `stop`, asked every 100 us of simulated time, says so. std::logic_error if the
/// model comes to a standstill, which is a bug.
void simulate(
    const Driver& driver, const std::function<bool()>& stop = [] { return false; });

}  // namespace esact::platform
