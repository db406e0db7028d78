#pragma once

#include <functional>

#include "esact/rig.h"
#include "esact_interface/registers.h"

namespace esact {

/// Software of a test: a thread that reaches registers and DRAM over the bus and sees the interrupt.
class Host : public sc_core::sc_module {
 public:
  Host(const sc_core::sc_module_name& name, platform::Machine& machine)
      : sc_module(name), bus("bus", TlmConfig{}, Clock(1000)), irq("irq") {
    machine.bind_host(bus);
    irq.bind(machine.irq);
  }

  InitiatorPort bus;
  sc_core::sc_in<bool> irq;

  std::uint32_t read(std::uint32_t offset) {
    std::uint32_t value = 0;
    bus.read(platform::kCsrBase + offset, &value, sizeof value);
    return value;
  }
  void write(std::uint32_t offset, std::uint32_t value) {
    bus.write(platform::kCsrBase + offset, &value, sizeof value);
  }
  Descriptor read_descriptor(std::uint64_t ring, std::uint32_t index) {
    Descriptor descriptor;
    bus.read(ring + std::uint64_t{index} * kDescriptorBytes, &descriptor, sizeof descriptor);
    return descriptor;
  }
  void write_descriptor(std::uint64_t ring, std::uint32_t index, const Descriptor& descriptor) {
    bus.write(ring + std::uint64_t{index} * kDescriptorBytes, &descriptor, sizeof descriptor);
  }
  void start(std::uint64_t ring, std::uint32_t entries) {
    write(registers::kRingBaseLow, static_cast<std::uint32_t>(ring));
    write(registers::kRingBaseHigh, static_cast<std::uint32_t>(ring >> 32));
    write(registers::kRingEntries, entries);
    write(registers::kControl, registers::kControlEnable | registers::kControlIrqEnable);
  }
  /// Writes `descriptors` from index 0 of the ring on, the last with the interrupt flag, and rings.
  void announce(std::uint64_t ring, std::vector<Descriptor> descriptors) {
    descriptors.back().flags |= descriptor_flags::kInterrupt;
    for (std::uint32_t index = 0; index < descriptors.size(); ++index) {
      write_descriptor(ring, index, descriptors[index]);
    }
    write(registers::kRingTail, static_cast<std::uint32_t>(descriptors.size()));
  }
  /// Waits until nothing is in flight and no reset is under way.
  void wait_until_idle() {
    while ((read(registers::kStatus) & registers::kStatusBusy) != 0) sc_core::wait(1, sc_core::SC_US);
  }
  /// Waits for the interrupt, clears it and returns STATUS as it was.
  std::uint32_t wait_for_interrupt() {
    if (!irq.read()) sc_core::wait(irq.posedge_event());
    const std::uint32_t status = read(registers::kStatus);
    write(registers::kStatus, registers::kStatusInterrupt);
    return status;
  }
};

/// A machine with a shipped workload in its DRAM and a host whose thread the test writes. The settings are the
/// machine's alone, so that it may be too small for the workload.
class HostedMachine {
 public:
  explicit HostedMachine(const std::string& workload, const std::vector<std::string>& sets = {},
                         std::uint32_t batch = 1)
      : workload_(platform::load_workload(workload_folder(workload))),
        image_(workload_, platform::PlatformConfig{}, batch),
        machine_("machine", platform::load_configuration(std::nullopt, sets)),
        host_("host", machine_) {}

  const platform::Image& image() const { return image_; }
  platform::Machine& machine() { return machine_; }

  /// Runs `software` to its end.
  void simulate(const std::function<void(Host&)>& software) {
    bool ended = false;
    sc_core::sc_spawn([&] {
      sc_core::wait(1, sc_core::SC_NS);
      software(host_);
      ended = true;
    });
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    load();
    sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_SEC));
    REQUIRE(ended);
  }

  /// Puts the workload into DRAM as it was before any run.
  void load() { image_.load(machine_); }

  Outputs outputs() {
    Outputs outputs;
    for (const platform::Batch& batch : image_.batches()) outputs.push_back(image_.output(machine_, batch, 0));
    return outputs;
  }

 private:
  platform::Workload workload_;
  platform::Image image_;
  platform::Machine machine_;
  Host host_;
};

}  // namespace esact
