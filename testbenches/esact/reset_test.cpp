#include "esact/host.h"

/// A reset while a layer runs: what is in flight is drained without a word, and a new start gives right values.
namespace esact {
namespace {

void check(const std::function<void(HostedMachine&, Host&)>& reset) {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    host.start(ring, 8);
    host.announce(ring, hosted.image().descriptors());
    sc_core::wait(10, sc_core::SC_US);
    REQUIRE(host.read(registers::kRingHead) < hosted.image().descriptors().size());
    reset(hosted, host);
    CHECK((host.read(registers::kStatus) & registers::kStatusBusy) != 0);
    host.wait_until_idle();
    CHECK(host.read(registers::kStatus) == 0);
    CHECK(host.read(registers::kRingHead) == 0);
    CHECK(host.read(registers::kControl) == 0);
    CHECK_FALSE(host.irq.read());

    hosted.load();
    host.start(ring, 8);
    host.announce(ring, hosted.image().descriptors());
    CHECK(host.wait_for_interrupt() == registers::kStatusInterrupt);
    CHECK(host.read(registers::kRingHead) == hosted.image().descriptors().size());
  });
  CHECK(hosted.outputs() == expected_outputs("post-odd", "sparse"));
}

}  // namespace

TEST_CASE("Soft reset while a layer runs") {
  check([](HostedMachine&, Host& host) { host.write(registers::kControl, registers::kControlSoftReset); });
}
TEST_CASE("The reset input while a layer runs") {
  check([](HostedMachine& hosted, Host&) {
    hosted.machine().reset.write(true);
    sc_core::wait(1, sc_core::SC_NS);
    hosted.machine().reset.write(false);
  });
}

}  // namespace esact
