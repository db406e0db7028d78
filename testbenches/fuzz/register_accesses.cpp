#include "fuzz/register_accesses.h"

#include <algorithm>

namespace esact::fuzz {
namespace {

constexpr std::uint64_t kBase = platform::kCsrBase;
constexpr unsigned char kUntouched = 0xa5;

/// A payload with room for what it may carry.
struct Access {
  tlm::tlm_generic_payload payload;
  std::vector<unsigned char> data, enables;

  Access(std::uint64_t ring, Random& random) : data(80, kUntouched), enables(80, TLM_BYTE_ENABLED) {
    const auto length = static_cast<unsigned>(random.once_in(3) ? random.below(65) : random.pick({4, 4, 4, 8}));
    payload.set_command(
        random.pick({tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND, tlm::TLM_WRITE_COMMAND, tlm::TLM_IGNORE_COMMAND}));
    payload.set_address(address(random));
    payload.set_data_ptr(data.data());
    payload.set_data_length(length);
    payload.set_streaming_width(random.once_in(8) ? static_cast<unsigned>(random.below(10)) : length);
    if (random.once_in(8)) {
      for (unsigned char& enable : enables) enable = random.once_in(2) ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED;
      payload.set_byte_enable_ptr(enables.data());
      payload.set_byte_enable_length(static_cast<unsigned>(1 + random.below(length + 1)));
    }
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    if (payload.is_write()) {
      const std::uint32_t values[] = {value(ring, random), value(ring, random)};
      std::memcpy(data.data(), values, sizeof values);
    }
  }

 private:
  static std::uint64_t address(Random& random) {
    if (random.once_in(10)) return kBase + random.below(platform::kCsrBytes + 16) - 8;
    if (random.once_in(10)) return random.pick<std::uint64_t>({0, UINT64_MAX, UINT64_MAX - 3, kBase - 4});
    return kBase + random.below(0x40) / (random.once_in(6) ? 1 : 4) * (random.once_in(6) ? 1 : 4);
  }

  /// Values that mean something to some register.
  static std::uint32_t value(std::uint64_t ring, Random& random) {
    if (random.once_in(4)) return static_cast<std::uint32_t>(random.number(32));
    return random.pick<std::uint32_t>({0, 1, 2, 3, 4, 5, 7, 8, 63, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff,
                                       static_cast<std::uint32_t>(ring), static_cast<std::uint32_t>(ring)});
  }
};

const registers::Register* register_at(std::uint64_t address) {
  const auto found = std::find_if(registers::kMap.begin(), registers::kMap.end(),
                                  [&](const registers::Register& entry) { return kBase + entry.offset == address; });
  return found == registers::kMap.end() ? nullptr : &*found;
}

/// The table of docs/csr.md, for accesses that reach the block.
tlm::tlm_response_status documented(const tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address(), length = payload.get_data_length();
  const bool inside =
      address >= kBase && address < kBase + platform::kCsrBytes && length <= kBase + platform::kCsrBytes - address;
  if (!inside) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_OK_RESPONSE;
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if ((length != 4 && length != 8) || payload.get_streaming_width() < length) return tlm::TLM_BURST_ERROR_RESPONSE;
  const bool mapped = register_at(address) != nullptr && (length == 4 || register_at(address + 4) != nullptr);
  return mapped ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE;
}

void require(bool condition, const char* promise) {
  if (!condition) throw Failure(promise);
}

/// What debug reads show of the map.
std::vector<unsigned char> snapshot(DeviceHost& host) {
  std::vector<unsigned char> bytes;
  for (const registers::Register& entry : registers::kMap) {
    unsigned char word[4] = {};
    tlm::tlm_generic_payload payload;
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_address(kBase + entry.offset);
    payload.set_data_ptr(word);
    payload.set_data_length(sizeof word);
    payload.set_streaming_width(sizeof word);
    require(host.debug(payload) == sizeof word, "a debug read of a register moves no word");
    bytes.insert(bytes.end(), word, word + sizeof word);
  }
  return bytes;
}

void transport(DeviceHost& host, Access& access) {
  tlm::tlm_generic_payload& payload = access.payload;
  const std::vector<unsigned char> before = access.data;
  const std::uint64_t address = payload.get_address();
  const tlm::tlm_response_status expected = documented(payload);
  host.transport(payload);
  require(payload.get_response_status() == expected, "another response than docs/csr.md says");
  require(payload.get_address() == address, "the address comes back changed");
  const bool moves = payload.is_read() && expected == tlm::TLM_OK_RESPONSE;
  const std::size_t kept = moves ? payload.get_data_length() : 0;
  require(std::equal(before.begin() + static_cast<std::ptrdiff_t>(kept), before.end(),
                     access.data.begin() + static_cast<std::ptrdiff_t>(kept)),
          "an access changes data that is not its own");
}

void debug(DeviceHost& host, Access& access) {
  const bool idle = (host.read(registers::kStatus) & registers::kStatusBusy) == 0;
  const std::vector<unsigned char> before = snapshot(host);
  const unsigned moved = host.debug(access.payload);
  require(moved <= access.payload.get_data_length(), "a debug access moves more than it was asked for");
  require(access.payload.is_read() || moved == 0, "a debug write moves bytes");
  require(!idle || snapshot(host) == before, "a debug access changes a register");
}

}  // namespace

void access_registers(DeviceHost& host, std::uint64_t ring, Random& random) {
  for (std::uint64_t i = 0, count = 1 + random.below(30); i < count; ++i) {
    Access access(ring, random);
    if (random.once_in(6)) {
      debug(host, access);
    } else {
      transport(host, access);
    }
    if (random.once_in(20)) host.pulse_reset();
    if (random.once_in(6)) sc_core::wait(static_cast<double>(random.below(3000)), sc_core::SC_NS);
  }
  host.wait_until_idle();
  host.reset();
}

}  // namespace esact::fuzz
