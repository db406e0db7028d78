#include "esact/host.h"

namespace esact {

TEST_CASE(
    "A doorbell runs a descriptor: status and cycles are written back, head advances, the interrupt comes and goes") {
  HostedMachine hosted("wide-head");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    Descriptor descriptor = hosted.image().descriptors().front();
    descriptor.flags |= descriptor_flags::kInterrupt;
    host.start(ring, 4);
    host.write_descriptor(ring, 0, descriptor);
    CHECK(host.read(registers::kRingHead) == 0);
    host.write(registers::kRingTail, 1);
    CHECK((host.read(registers::kStatus) & registers::kStatusBusy) != 0);

    const std::uint32_t status = host.wait_for_interrupt();
    CHECK(status == registers::kStatusInterrupt);
    sc_core::wait(1, sc_core::SC_NS);  // the line follows the register within the instant
    CHECK_FALSE(host.irq.read());
    CHECK(host.read(registers::kStatus) == 0);
    CHECK(host.read(registers::kRingHead) == 1);
    const Descriptor done = host.read_descriptor(ring, 0);
    CHECK(done.status == static_cast<std::uint32_t>(DescriptorStatus::kDone));
    CHECK(done.error_code == 0);
    CHECK(done.cycles > 1000);
    CHECK(done.input_h == descriptor.input_h);
  });
  CHECK(hosted.outputs() == expected_outputs("wide-head", "sparse"));
}

TEST_CASE("A ring of 4 carries 70 descriptors, one interrupt for each") {
  HostedMachine hosted("wide-head");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    Descriptor descriptor = hosted.image().descriptors().front();
    descriptor.flags |= descriptor_flags::kInterrupt;
    host.start(ring, 4);
    std::uint32_t tail = 0, head = 0;
    while (head < 70) {
      for (; tail < 70 && tail < head + 4; ++tail) host.write_descriptor(ring, tail % 4, descriptor);
      host.write(registers::kRingTail, tail);
      host.wait_for_interrupt();
      const std::uint32_t now = host.read(registers::kRingHead);
      CHECK(now > head);
      head = now;
    }
    CHECK(head == 70);
  });
  CHECK(hosted.outputs() == expected_outputs("wide-head", "sparse"));
}

TEST_CASE("Without the interrupt flag a descriptor completes in silence") {
  HostedMachine hosted("wide-head");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    host.start(ring, 4);
    host.write_descriptor(ring, 0, hosted.image().descriptors().front());
    host.write(registers::kRingTail, 1);
    while (host.read(registers::kRingHead) == 0) sc_core::wait(10, sc_core::SC_US);
    CHECK_FALSE(host.irq.read());
    CHECK(host.read(registers::kStatus) == 0);
  });
}

}  // namespace esact
