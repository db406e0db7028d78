#include "esact/host.h"

namespace esact {
namespace {

/// 70 descriptors, every one with an interrupt that the host takes before the next can come.
void check_wrap(const std::vector<std::string>& sets) {
  constexpr std::uint32_t kEntries = 4, kCount = 70;
  HostedMachine hosted("wide-head", sets);
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    Descriptor descriptor = hosted.image().descriptors().front();
    descriptor.flags |= descriptor_flags::kInterrupt;
    host.start(ring, kEntries);
    std::uint32_t tail = 0;
    for (std::uint32_t head = 0; head < kCount; ++head) {
      for (; tail < kCount && tail < head + kEntries; ++tail) host.write_descriptor(ring, tail % kEntries, descriptor);
      host.write(registers::kRingTail, tail);
      CHECK(host.wait_for_interrupt() ==
            (registers::kStatusInterrupt | (head + 1 < tail ? registers::kStatusBusy : 0)));
      CHECK(host.read(registers::kRingHead) == head + 1);
      const Descriptor done = host.read_descriptor(ring, head % kEntries);
      CHECK(done.status == static_cast<std::uint32_t>(DescriptorStatus::kDone));
    }
    CHECK(host.read(registers::kStatus) == 0);
  });
  CHECK(hosted.outputs() == expected_outputs("wide-head", "sparse"));
}

}  // namespace

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
  check_wrap({});
}
TEST_CASE("A ring of 4 carries 70 descriptors, one interrupt for each: approximate mode") {
  check_wrap({"tlm.mode=approximate"});
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
