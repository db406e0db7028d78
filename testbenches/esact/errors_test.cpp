#include "esact/host.h"

/// A bad descriptor ends in the error status, the registers say why, and after a soft reset good ones run.
namespace esact {
namespace {

constexpr std::uint64_t kOutside = 0x7000000000;  ///< no memory there
constexpr std::uint32_t kEntries = 8;

/// What csr reports after an error.
void check_registers(Host& host, ErrorCode code, std::uint32_t index, std::uint64_t address) {
  CHECK(host.wait_for_interrupt() == (registers::kStatusInterrupt | registers::kStatusError));
  CHECK(host.read(registers::kErrorCode) == static_cast<std::uint32_t>(code));
  CHECK(host.read(registers::kErrorIndex) == index);
  const std::uint64_t low = host.read(registers::kErrorAddressLow), high = host.read(registers::kErrorAddressHigh);
  CHECK((low | high << 32) == address);
  CHECK(host.read(registers::kRingHead) == index);
}

void check_written_back(const Descriptor& failed, ErrorCode code, std::uint64_t address) {
  CHECK(failed.status == static_cast<std::uint32_t>(DescriptorStatus::kError));
  CHECK(failed.error_code == static_cast<std::uint32_t>(code));
  CHECK(failed.error_address == address);
}

/// Another doorbell changes nothing, a soft reset everything.
void reset_after_error(Host& host) {
  host.write(registers::kRingTail, 2);
  CHECK(host.read(registers::kStatus) == registers::kStatusError);
  host.write(registers::kControl, registers::kControlSoftReset);
  host.wait_until_idle();
  CHECK(host.read(registers::kStatus) == 0);
  CHECK(host.read(registers::kErrorCode) == 0);
}

void check_good_run(HostedMachine& hosted, Host& host) {
  hosted.load();
  host.start(hosted.image().ring_base(), kEntries);
  host.announce(hosted.image().ring_base(), hosted.image().descriptors());
  CHECK(host.wait_for_interrupt() == registers::kStatusInterrupt);
  CHECK(hosted.outputs() == expected_outputs("post-odd", "sparse"));
}

/// Runs a descriptor that `spoil` has spoilt, checks what is reported, then resets and runs everything unspoilt.
void check(ErrorCode code, std::uint64_t address, const std::function<void(Descriptor&)>& spoil,
           const std::vector<std::string>& sets = {}) {
  HostedMachine hosted("post-odd", sets);
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    Descriptor bad = hosted.image().descriptors().front();
    spoil(bad);
    host.start(ring, kEntries);
    host.announce(ring, {bad});
    check_registers(host, code, 0, address);
    check_written_back(host.read_descriptor(ring, 0), code, address);
    reset_after_error(host);
    check_good_run(hosted, host);
  });
}

/// The shipped workload's first descriptor.
Descriptor shipped() {
  const platform::Workload workload = platform::load_workload(workload_folder("post-odd"));
  return platform::Image(workload, {}, 1).descriptors().front();
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
  check(ErrorCode::kParametersTooSmall, shipped().parameters, [](Descriptor& d) { d.parameters_bytes -= 1; });
}
TEST_CASE("Error: DRAM scratch too small") {
  check(ErrorCode::kScratchTooSmall, shipped().scratch, [](Descriptor& d) { d.scratch_bytes = 63; });
}

TEST_CASE("Error: SRAM below the layer's minimum, which is reported") {
  const std::uint64_t minimum = minimum_sram("post-odd");
  HostedMachine hosted("post-odd", {"sram.bytes=" + std::to_string(minimum - 4096)});
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    host.start(ring, kEntries);
    host.announce(ring, {hosted.image().descriptors().back()});
    check_registers(host, ErrorCode::kSramTooSmall, 0, minimum);
    check_written_back(host.read_descriptor(ring, 0), ErrorCode::kSramTooSmall, minimum);
    reset_after_error(host);
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
TEST_CASE("Error: scratch outside the memory, where the SRAM is too small for x") {
  HostedMachine hosted("streamed", {"sram.bytes=" + std::to_string(minimum_sram("streamed", 5))}, 5);
  hosted.simulate([&](Host& host) {
    Descriptor bad = hosted.image().descriptors().front();
    bad.scratch = kOutside;
    host.start(hosted.image().ring_base(), kEntries);
    host.announce(hosted.image().ring_base(), {bad});
    check_registers(host, ErrorCode::kBusError, 0, kOutside);
    reset_after_error(host);
  });
}
TEST_CASE("Error: scratch that ends before the spilled keys") {
  HostedMachine hosted("packed", {"sram.bytes=" + std::to_string(minimum_sram("packed", 4))}, 4);
  hosted.simulate([&](Host& host) {
    const platform::Image& image = hosted.image();
    const std::uint64_t memory_end = platform::kDramBase + platform::PlatformConfig().dram.bytes;
    Descriptor bad = image.descriptors().front();
    bad.scratch = memory_end - ScratchLayout(image.work(image.batches().front(), 0), 0).keys;
    host.start(image.ring_base(), kEntries);
    host.announce(image.ring_base(), {bad});
    check_registers(host, ErrorCode::kBusError, 0, bad.scratch);
    reset_after_error(host);
  });
}
TEST_CASE("Error: scratch outside the memory, where the SRAM holds x") {
  // Behind 64 bytes each for x and z of the one token lie the representatives, which go there first.
  check(ErrorCode::kBusError, kOutside + 128, [](Descriptor& d) { d.scratch = kOutside; },
        {"sram.bytes=" + std::to_string(minimum_sram("post-odd"))});
}
TEST_CASE("Error: output outside the memory, in bursts and with stalls") {
  check(ErrorCode::kBusError, kOutside, [](Descriptor& d) { d.output_h = kOutside; },
        {"tlm.mode=approximate", "tlm.stall_permille=200"});
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

TEST_CASE("Error: ring outside the memory") {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    host.start(kOutside, kEntries);
    host.write(registers::kRingTail, 1);
    check_registers(host, ErrorCode::kBusError, 0, kOutside);
    reset_after_error(host);
    check_good_run(hosted, host);
  });
}

TEST_CASE("Error: more descriptors announced than the ring holds") {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    host.start(ring, kEntries);
    host.write(registers::kRingTail, kEntries + 1);
    check_registers(host, ErrorCode::kBadRing, 0, ring);
    reset_after_error(host);
    check_good_run(hosted, host);
  });
}

TEST_CASE("Error: a residual that leaves int32") {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    const Descriptor& first = hosted.image().descriptors().front();
    const std::vector<std::int32_t> h(std::size_t{first.tokens} * first.width, INT32_MAX);
    host.bus.write(first.input_h, h.data(), h.size() * sizeof(std::int32_t));
    host.start(ring, kEntries);
    host.announce(ring, {first});
    check_registers(host, ErrorCode::kOverflow, 0, 0);
    check_written_back(host.read_descriptor(ring, 0), ErrorCode::kOverflow, 0);
    reset_after_error(host);
    check_good_run(hosted, host);
  });
}

TEST_CASE("Error: descriptors before the bad one are done, those behind it stay pending") {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    const std::uint64_t ring = hosted.image().ring_base();
    std::vector<Descriptor> descriptors = hosted.image().descriptors();
    REQUIRE(descriptors.size() == 6);
    descriptors[3].k_q8 = 0;
    host.start(ring, kEntries);
    host.announce(ring, descriptors);
    check_registers(host, ErrorCode::kBadKnob, 3, 0);
    for (std::uint32_t index = 0; index < descriptors.size(); ++index) {
      const DescriptorStatus expected = index < 3    ? DescriptorStatus::kDone
                                        : index == 3 ? DescriptorStatus::kError
                                                     : DescriptorStatus::kPending;
      CHECK(host.read_descriptor(ring, index).status == static_cast<std::uint32_t>(expected));
    }
    reset_after_error(host);
    check_good_run(hosted, host);
  });
}

}  // namespace esact
