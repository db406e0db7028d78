#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "common/config.h"

namespace consumer {

/// Memory of this platform: one access after another at 16 GB/s, each answered 40 ns after its last byte.
class Memory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Memory> accelerator;
  tlm_utils::simple_target_socket<Memory> host;

  explicit Memory(const sc_core::sc_module_name& name)
      : sc_module(name), accelerator("accelerator"), host("host"), bytes_(kMemoryBytes) {
    accelerator.register_b_transport(this, &Memory::b_transport);
    host.register_b_transport(this, &Memory::b_transport);
  }

  /// Puts the contents of a file at the start, as a boot loader would.
  void load(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    const std::streamoff size = file.tellg();
    if (!file || size > static_cast<std::streamoff>(bytes_.size())) {
      throw std::runtime_error(path + ": cannot be read, or is larger than the memory");
    }
    file.seekg(0);
    file.read(reinterpret_cast<char*>(bytes_.data()), size);
  }

 private:
  /// ESACT has several accesses in flight: this function must not rely on the last call having ended in time.
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    payload.set_response_status(access(payload));
    if (payload.is_response_error()) return;
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    const sc_core::sc_time start = std::max(now + delay, free_);
    free_ = start + sc_core::sc_time(62.5 * payload.get_data_length(), sc_core::SC_PS);
    delay = free_ + sc_core::sc_time(40, sc_core::SC_NS) - now;
  }

  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload) {
    const std::uint64_t offset = payload.get_address() - kMemoryBase;  // wraps below the base
    const std::uint64_t length = payload.get_data_length();
    if (offset >= bytes_.size() || length > bytes_.size() - offset) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (payload.get_streaming_width() < length) return tlm::TLM_BURST_ERROR_RESPONSE;
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), bytes_.data() + offset, length);
    if (payload.is_write()) std::memcpy(bytes_.data() + offset, payload.get_data_ptr(), length);
    return tlm::TLM_OK_RESPONSE;
  }

  std::vector<std::uint8_t> bytes_;
  sc_core::sc_time free_;
};

}  // namespace consumer
