#pragma once

#include <cstring>

#include "common/commands.h"
#include "support/recorder.h"
#include "tlm/initiator_port.h"

namespace esact {

/// Stands in for the DMA and the memory of the system behind it: one command at a time, whose bytes are moved when it
/// completes. A command beyond the memory gets TLM_ADDRESS_ERROR_RESPONSE.
class SystemMemory : public CommandRecorder<DmaCommand> {
 public:
  static constexpr std::uint64_t kBase = 0x80000000;  ///< address of the first byte

  /// `sram`: a port for debug accesses.
  SystemMemory(const sc_core::sc_module_name& name, const Clock& clock, std::uint64_t cycles, InitiatorPort& sram)
      : CommandRecorder(name, clock, cycles), sram_(sram) {
    at_end = [this](const DmaCommand& command) { return move(command); };
  }

  /// Address of `values`, a multiple of 64.
  template <class Value>
  std::uint64_t place(const std::vector<Value>& values) {
    const std::uint64_t address = reserve(values.size() * sizeof(Value));
    std::memcpy(bytes_.data() + (address - kBase), values.data(), values.size() * sizeof(Value));
    return address;
  }
  /// Address of `bytes` bytes of 0xa5.
  std::uint64_t reserve(std::size_t bytes) {
    const std::uint64_t offset = (bytes_.size() + 63) / 64 * 64;
    bytes_.resize(offset + bytes, 0xa5);
    return kBase + offset;
  }

 private:
  tlm::tlm_response_status move(const DmaCommand& command) {
    const std::uint64_t offset = command.system_address - kBase;
    if (offset > bytes_.size() || command.bytes > bytes_.size() - offset) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    if (command.direction == DmaDirection::kToSram) {
      sram_.debug_write(command.sram_address, bytes_.data() + offset, command.bytes);
    } else {
      sram_.debug_read(command.sram_address, bytes_.data() + offset, command.bytes);
    }
    return tlm::TLM_OK_RESPONSE;
  }

  InitiatorPort& sram_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace esact
