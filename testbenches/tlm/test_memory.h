#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "common/clock.h"
#include "tlm/memory_port.h"

namespace esact::test {

/// A memory behind a MemoryPort: one access at a time, each a fixed number of cycles.
class TestMemory : public sc_core::sc_module {
 public:
  MemoryPort memory;
  std::vector<std::uint8_t> bytes;
  std::uint64_t accesses = 0;

  TestMemory(const sc_core::sc_module_name& name, const Clock& clock, std::uint64_t cycles, std::size_t queue_depth = 4)
      : sc_core::sc_module(name),
        memory(
            "memory", [this](const tlm::tlm_generic_payload&) { return reserve(); },
            [this](tlm::tlm_generic_payload& payload) { return transfer(payload); }, queue_depth),
        bytes(1 << 16),
        clock_(clock),
        cycles_(cycles) {}

 private:
  sc_core::sc_time reserve() {
    ++accesses;
    free_ = std::max(free_, clock_.edge(sc_core::sc_time_stamp())) + clock_.cycles(cycles_);
    return free_;
  }

  tlm::tlm_response_status transfer(tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    if (address > bytes.size() || payload.get_data_length() > bytes.size() - address) {
      return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }
    std::uint8_t* place = bytes.data() + address;
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), place, payload.get_data_length());
    if (payload.is_write()) std::memcpy(place, payload.get_data_ptr(), payload.get_data_length());
    return tlm::TLM_OK_RESPONSE;
  }

  Clock clock_;
  std::uint64_t cycles_;
  sc_core::sc_time free_;
};

/// `count` bytes that differ from place to place and by `seed`.
inline std::vector<std::uint8_t> pattern(std::size_t count, std::uint32_t seed) {
  std::vector<std::uint8_t> bytes(count);
  std::uint32_t state = seed * 2654435761u + 1;
  for (std::uint8_t& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

}  // namespace esact::test
