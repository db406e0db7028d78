#include "platforms/esact_vp/driver.h"

#include <algorithm>
#include <stdexcept>

#include "esact_interface/registers.h"

namespace esact::platform {
namespace {

constexpr std::uint32_t kHostClockPs = 1000;

}  // namespace

Driver::Driver(sc_core::sc_module_name name, std::uint64_t csr_base, std::uint64_t ring_base,
               std::uint32_t ring_entries, std::vector<Descriptor> descriptors)
    : sc_module(name),
      bus("bus", TlmConfig{}, Clock(kHostClockPs)),
      irq("irq"),
      csr_base_(csr_base),
      ring_base_(ring_base),
      ring_entries_(ring_entries),
      descriptors_(std::move(descriptors)) {
  SC_HAS_PROCESS(Driver);
  SC_THREAD(drive);
}

void Driver::drive() {
  write(registers::kRingBaseLow, static_cast<std::uint32_t>(ring_base_));
  write(registers::kRingBaseHigh, static_cast<std::uint32_t>(ring_base_ >> 32));
  write(registers::kRingEntries, ring_entries_);
  write(registers::kControl, registers::kControlEnable | registers::kControlIrqEnable);
  while (head_ < descriptors_.size() && !error_) {
    announce();
    wait_for_interrupt();
  }
  done_ = true;
}

/// Fills the ring. Half a ring before its end, and at the end of all, an interrupt is asked for, so that the ring is
/// refilled before it runs dry.
void Driver::announce() {
  const std::uint32_t last =
      static_cast<std::uint32_t>(std::min<std::size_t>(descriptors_.size(), std::size_t{head_} + ring_entries_));
  if (tail_ == last) return;
  for (; tail_ < last; ++tail_) {
    Descriptor descriptor = descriptors_[tail_];
    const bool refill = (tail_ + 1) % std::max(1u, ring_entries_ / 2) == 0;
    if (refill || tail_ + 1 == descriptors_.size()) descriptor.flags |= descriptor_flags::kInterrupt;
    bus.write(ring_base_ + std::uint64_t{tail_ % ring_entries_} * kDescriptorBytes, &descriptor, sizeof descriptor);
  }
  write(registers::kRingTail, tail_);
}

void Driver::wait_for_interrupt() {
  if (!irq.read()) sc_core::wait(irq.posedge_event());
  const std::uint32_t status = read(registers::kStatus);
  write(registers::kStatus, registers::kStatusInterrupt);
  head_ = read(registers::kRingHead);
  if ((status & registers::kStatusError) == 0) return;
  DeviceError error;
  error.code = static_cast<ErrorCode>(read(registers::kErrorCode));
  error.index = read(registers::kErrorIndex);
  error.address = read(registers::kErrorAddressLow) | std::uint64_t{read(registers::kErrorAddressHigh)} << 32;
  error_ = error;
}

std::uint32_t Driver::read(std::uint32_t offset) {
  std::uint32_t value = 0;
  bus.read(csr_base_ + offset, &value, sizeof value);
  return value;
}

void Driver::write(std::uint32_t offset, std::uint32_t value) {
  bus.write(csr_base_ + offset, &value, sizeof value);
}

void simulate(const Driver& driver, const std::function<bool()>& stop) {
  const sc_core::sc_time slice(100, sc_core::SC_US);
  while (!driver.done() && !stop()) {
    if (!sc_core::sc_pending_activity()) throw std::logic_error("the model has come to a standstill");
    sc_core::sc_start(slice);
  }
}

}  // namespace esact::platform
