#include "fuzz/device_host.h"

#include <optional>

#include "support/broken_on_purpose.h"

namespace esact::fuzz {
namespace {

constexpr const char* kWorkload = ESACT_TEST_DATA "/workloads/post-odd";
constexpr std::uint32_t kEntries = 64;
constexpr std::size_t kSequences = 2;  ///< of the shipped workload, in a good run

void require(bool condition, const std::string& promise) {
  if (!condition) throw Failure(promise);
}

}  // namespace

DeviceHost::DeviceHost(const sc_core::sc_module_name& name, const platform::PlatformConfig& config)
    : sc_module(name),
      workload_(platform::load_workload(kWorkload)),
      image_(workload_, {}, 1),
      machine_("machine", config),
      bus_("bus", TlmConfig{}, Clock(1000)),
      raw_("raw") {
  machine_.bind_host(bus_);
  machine_.bind_host(raw_);
  image_.load([&](std::uint64_t address, const void* data, std::uint64_t bytes) {
    const auto* first = static_cast<const unsigned char*>(data);
    pieces_.push_back({address, {first, first + bytes}});
  });
  const auto file = platform::SafetensorsFile::read(std::string(kWorkload) + "/expected-sparse.safetensors");
  for (std::size_t i = 0; i < kSequences; ++i) {
    expected_.push_back(file.view<std::int32_t>("h." + std::to_string(i)).to_vector());
  }
}

std::uint32_t DeviceHost::read(std::uint32_t offset) {
  std::uint32_t value = 0;
  bus_.read(platform::kCsrBase + offset, &value, sizeof value);
  return value;
}

void DeviceHost::write(std::uint32_t offset, std::uint32_t value) {
  bus_.write(platform::kCsrBase + offset, &value, sizeof value);
}

void DeviceHost::transport(tlm::tlm_generic_payload& payload) {
  std::optional<test::BrokenOnPurpose> broken;
  if (test::has_illegal_attributes(payload)) broken.emplace();
  sc_core::sc_time delay;
  raw_->b_transport(payload, delay);
  if (delay != sc_core::SC_ZERO_TIME) sc_core::wait(delay);
}

void DeviceHost::load(std::uint64_t address, const void* data, std::size_t bytes) {
  machine_.debug(tlm::TLM_WRITE_COMMAND, address, const_cast<void*>(data), bytes);
}

void DeviceHost::store(std::uint64_t address, void* data, std::size_t bytes) {
  machine_.debug(tlm::TLM_READ_COMMAND, address, data, bytes);
}

void DeviceHost::pulse_reset() {
  machine_.reset.write(true);
  sc_core::wait(10, sc_core::SC_NS);
  machine_.reset.write(false);
  sc_core::wait(10, sc_core::SC_NS);
}

void DeviceHost::start(std::uint64_t ring, std::uint32_t entries) {
  write(registers::kRingBaseLow, static_cast<std::uint32_t>(ring));
  write(registers::kRingBaseHigh, static_cast<std::uint32_t>(ring >> 32));
  write(registers::kRingEntries, entries);
  write(registers::kControl, registers::kControlEnable | registers::kControlIrqEnable);
}

void DeviceHost::wait_until_idle() {
  constexpr int kPolls = 100'000;
  for (int i = 0; i < kPolls; ++i) {
    if ((read(registers::kStatus) & registers::kStatusBusy) == 0) {
      sc_core::wait(sc_core::SC_ZERO_TIME);
      return;
    }
    sc_core::wait(1, sc_core::SC_US);
  }
  throw Failure("still busy after 100 ms of simulated time");
}

void DeviceHost::reset() {
  write(registers::kControl, registers::kControlSoftReset);
  wait_until_idle();
  for (const registers::Register& entry : registers::kMap) {
    require(read(entry.offset) == entry.reset, std::string(entry.name) + " after a reset is not its reset value");
  }
  require(!irq(), "the interrupt line is high after a reset");
}

void DeviceHost::check_good_run() {
  for (const Piece& piece : pieces_) load(piece.address, piece.bytes);
  const std::uint32_t count = image_.layers() * static_cast<std::uint32_t>(kSequences);
  for (std::uint32_t i = 0; i < count; ++i) {
    Descriptor descriptor = image_.descriptors()[i];
    if (i + 1 == count) descriptor.flags |= descriptor_flags::kInterrupt;
    load(image_.ring_base() + std::uint64_t{i} * kDescriptorBytes, &descriptor, sizeof descriptor);
  }
  start(image_.ring_base(), kEntries);
  write(registers::kRingTail, count);
  wait_until_idle();
  require(read(registers::kStatus) == registers::kStatusInterrupt && irq(),
          "a good run does not end with an interrupt");
  require(read(registers::kRingHead) == count, "a good run does not complete");
  for (std::size_t sequence = 0; sequence < kSequences; ++sequence) {
    require(image_.output(machine_, image_.batches()[sequence], 0) == expected_[sequence],
            "a good run gives other values than NumPy");
  }
  reset();
}

}  // namespace esact::fuzz
