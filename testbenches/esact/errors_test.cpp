#include "esact/host.h"

/// A bad descriptor ends in the error status, the registers say why, and after a soft reset a good one runs.
namespace esact {
namespace {

constexpr std::uint64_t kOutside = 0x7000000000;  ///< no memory there

/// Runs a descriptor that `spoil` has spoilt, checks what is reported, then resets and runs it unspoilt.
void check(ErrorCode code, std::uint64_t address, const std::function<void(Descriptor&)>& spoil,
           std::uint64_t ring_offset = 0) {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    Descriptor bad = hosted.image().descriptors().front();
    spoil(bad);
    host.start(ring + ring_offset, 8);
    if (ring_offset == 0) host.write_descriptor(ring, 0, bad);
    host.write(registers::kRingTail, 1);
    const std::uint32_t status = host.wait_for_interrupt();
    CHECK(status == (registers::kStatusInterrupt | registers::kStatusError));
    CHECK(host.read(registers::kErrorCode) == static_cast<std::uint32_t>(code));
    CHECK(host.read(registers::kErrorIndex) == 0);
    const std::uint64_t low = host.read(registers::kErrorAddressLow), high = host.read(registers::kErrorAddressHigh);
    CHECK((low | high << 32) == address);
    CHECK(host.read(registers::kRingHead) == 0);
    if (ring_offset == 0) {
      const Descriptor failed = host.read_descriptor(ring, 0);
      CHECK(failed.status == static_cast<std::uint32_t>(DescriptorStatus::kError));
      CHECK(failed.error_code == static_cast<std::uint32_t>(code));
      CHECK(failed.error_address == address);
    }
    host.write(registers::kRingTail, 2);  // ignored in ERROR
    CHECK((host.read(registers::kStatus) & registers::kStatusError) != 0);

    host.write(registers::kControl, registers::kControlSoftReset);
    while ((host.read(registers::kStatus) & registers::kStatusBusy) != 0) sc_core::wait(1, sc_core::SC_US);
    CHECK(host.read(registers::kStatus) == 0);
    const std::vector<Descriptor>& good = hosted.image().descriptors();
    host.start(ring, 8);
    for (std::uint32_t index = 0; index < good.size(); ++index) {
      Descriptor descriptor = good[index];
      if (index + 1 == good.size()) descriptor.flags |= descriptor_flags::kInterrupt;
      host.write_descriptor(ring, index, descriptor);
    }
    host.write(registers::kRingTail, static_cast<std::uint32_t>(good.size()));
    CHECK(host.wait_for_interrupt() == registers::kStatusInterrupt);
  });
  CHECK(hosted.outputs() == expected_outputs("post-odd", "sparse"));
}

}  // namespace

TEST_CASE("Error: version") {
  check(ErrorCode::kBadVersion, 0, [](Descriptor& d) { d.version = 2; });
}
TEST_CASE("Error: reserved flag") {
  check(ErrorCode::kBadFlags, 0, [](Descriptor& d) { d.flags |= 0x8000; });
}
TEST_CASE("Error: shape") {
  check(ErrorCode::kBadShape, 0, [](Descriptor& d) { d.heads = 7; });
}
TEST_CASE("Error: knob") {
  check(ErrorCode::kBadKnob, 0, [](Descriptor& d) { d.window = 65; });
}
TEST_CASE("Error: reserved byte") {
  check(ErrorCode::kReservedNotZero, 0, [](Descriptor& d) { d.reserved1[9] = 1; });
}
TEST_CASE("Error: misaligned address") {
  check(ErrorCode::kMisalignedAddress, 0x80001004, [](Descriptor& d) { d.output_h = 0x80001004; });
}
TEST_CASE("Error: sequences that do not add up") {
  // Nothing has been written there: lengths of 0.
  check(ErrorCode::kBadSequenceTable, 0x90000000, [](Descriptor& d) { d.sequence_table = 0x90000000; });
}
TEST_CASE("Error: parameter block too small") {
  std::uint64_t address = 0;
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    Descriptor bad = hosted.image().descriptors().front();
    address = bad.parameters;
    bad.parameters_bytes -= 1;
    host.start(ring, 8);
    host.write_descriptor(ring, 0, bad);
    host.write(registers::kRingTail, 1);
    host.wait_for_interrupt();
    CHECK(host.read(registers::kErrorCode) == static_cast<std::uint32_t>(ErrorCode::kParametersTooSmall));
    CHECK(host.read(registers::kErrorAddressLow) == static_cast<std::uint32_t>(address));
  });
}
TEST_CASE("Error: h outside the memory") {
  check(ErrorCode::kBusError, kOutside, [](Descriptor& d) { d.input_h = kOutside; });
}
TEST_CASE("Error: output outside the memory") {
  check(ErrorCode::kBusError, kOutside, [](Descriptor& d) { d.output_h = kOutside; });
}
TEST_CASE("Error: parameters outside the memory") {
  check(ErrorCode::kBusError, kOutside, [](Descriptor& d) { d.parameters = kOutside; });
}
TEST_CASE("Error: sequence table outside the memory") {
  check(ErrorCode::kBusError, kOutside, [](Descriptor& d) { d.sequence_table = kOutside; });
}
TEST_CASE("Error: ring outside the memory") {
  const std::uint64_t ring = 0x80000000;
  check(
      ErrorCode::kBusError, ring + 0x6f00000000, [](Descriptor&) {}, 0x6f00000000);
}
TEST_CASE("Error: weights that begin inside the memory and end outside") {
  // The block's constants are read before its weights, which lie beyond the end of the DRAM.
  const std::uint64_t end = 0x80000000 + platform::DramConfig{}.bytes;
  LayerShape shape;
  shape.width = 30;
  shape.heads = 3;
  shape.head_width = 10;
  shape.ffn_width = 70;
  const ParameterLayout layout(shape);
  const std::uint64_t parameters = end - layout.head_weights(0).offset;
  check(ErrorCode::kBusError, end, [&](Descriptor& d) { d.parameters = parameters; });
}

}  // namespace esact
