#pragma once

#include <esact_interface/descriptor.h>
#include <esact_interface/registers.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <stdexcept>
#include <systemc>
#include <tlm>
#include <vector>

#include "common/config.h"

namespace consumer {

namespace registers = esact::registers;

/// The software of this platform: runs the descriptors that it finds in the ring and fetches the last one's output.
class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> csr;
  tlm_utils::simple_initiator_socket<Host> memory;
  sc_core::sc_in<bool> irq;

  std::vector<std::int32_t> output;  ///< [tokens, width]
  std::uint64_t cycles = 0;          ///< of all layers
  bool done = false;

  explicit Host(const sc_core::sc_module_name& name) : sc_module(name), csr("csr"), memory("memory"), irq("irq") {
    SC_HAS_PROCESS(Host);
    SC_THREAD(run);
  }

 private:
  void run() {
    write_register(registers::kRingBaseLow, static_cast<std::uint32_t>(kMemoryBase));
    write_register(registers::kRingBaseHigh, static_cast<std::uint32_t>(kMemoryBase >> 32));
    write_register(registers::kRingEntries, kRingEntries);
    write_register(registers::kControl, registers::kControlEnable | registers::kControlIrqEnable);

    const std::uint32_t layers = count_descriptors();
    write_register(registers::kRingTail, layers);  // the doorbell: whatever ESACT reads is in memory by now

    if (!irq.read()) wait(irq.posedge_event());
    const std::uint32_t status = read_register(registers::kStatus);
    write_register(registers::kStatus, registers::kStatusInterrupt);  // the line falls
    if ((status & registers::kStatusError) != 0) {
      throw std::runtime_error(esact::name(static_cast<esact::ErrorCode>(read_register(registers::kErrorCode))));
    }

    for (std::uint32_t layer = 0; layer < layers; ++layer) cycles += descriptor(layer).cycles;
    const esact::Descriptor last = descriptor(layers - 1);
    output.resize(std::size_t{last.tokens} * last.width);
    access(memory, tlm::TLM_READ_COMMAND, last.output_h, output.data(), output.size() * sizeof(output[0]));
    done = last.status == static_cast<std::uint32_t>(esact::DescriptorStatus::kDone);
  }

  std::uint32_t count_descriptors() {
    std::uint32_t count = 0;
    while (count < kRingEntries && descriptor(count).version != 0) ++count;
    return count;
  }

  esact::Descriptor descriptor(std::uint32_t index) {
    esact::Descriptor descriptor;
    access(memory, tlm::TLM_READ_COMMAND, kMemoryBase + index * sizeof descriptor, &descriptor, sizeof descriptor);
    return descriptor;
  }

  std::uint32_t read_register(std::uint32_t offset) {
    std::uint32_t value = 0;
    access(csr, tlm::TLM_READ_COMMAND, offset, &value, sizeof value);
    return value;
  }

  void write_register(std::uint32_t offset, std::uint32_t value) {
    access(csr, tlm::TLM_WRITE_COMMAND, offset, &value, sizeof value);
  }

  /// One access, in time.
  void access(tlm_utils::simple_initiator_socket<Host>& socket, tlm::tlm_command command, std::uint64_t address,
              void* data, std::size_t bytes) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(static_cast<unsigned>(bytes));
    payload.set_streaming_width(static_cast<unsigned>(bytes));
    sc_core::sc_time delay;
    socket->b_transport(payload, delay);
    wait(delay);
    if (payload.is_response_error()) throw std::runtime_error(payload.get_response_string());
  }
};

}  // namespace consumer
