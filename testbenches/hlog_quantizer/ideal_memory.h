#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <systemc>
#include <vector>

#include "tlm/memory_port.h"

namespace esact::testbench {

/// Memory that takes `latency` for any access and knows no contention.
class IdealMemory : public sc_core::sc_module {
 public:
  IdealMemory(sc_core::sc_module_name name, std::size_t size, const sc_core::sc_time& latency = {})
      : sc_module(name),
        memory(
            "memory", [latency](const tlm::tlm_generic_payload&) { return sc_core::sc_time_stamp() + latency; },
            [this](tlm::tlm_generic_payload& payload) { return transfer(payload); }, 16),
        bytes(size) {}

  MemoryPort memory;
  std::vector<std::uint8_t> bytes;

 private:
  tlm::tlm_response_status transfer(tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    const std::size_t length = payload.get_data_length();
    if (address + length > bytes.size()) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), &bytes[address], length);
    if (payload.is_write()) std::memcpy(&bytes[address], payload.get_data_ptr(), length);
    return tlm::TLM_OK_RESPONSE;
  }
};

}  // namespace esact::testbench
