#include <esact_dram/esact_dram.h>
#include <protocol_checker/protocol_checker.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <iostream>
#include <numeric>

namespace {

/// Writes 4 KiB at an odd address in one transaction, reads them back and tells how long both took.
struct Traffic : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Traffic> memory;
  bool passed = false;

  explicit Traffic(const sc_core::sc_module_name& name) : sc_module(name), memory("memory") {
    SC_HAS_PROCESS(Traffic);
    SC_THREAD(run);
  }

 private:
  bool access(tlm::tlm_command command, std::array<unsigned char, 4096>& data) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(0x1003);
    payload.set_data_ptr(data.data());
    payload.set_data_length(data.size());
    payload.set_streaming_width(data.size());
    sc_core::sc_time delay;
    memory->b_transport(payload, delay);
    sc_core::wait(delay);
    return payload.is_response_ok();
  }

  void run() {
    std::array<unsigned char, 4096> written{}, read{};
    std::iota(written.begin(), written.end(), 1);
    const bool answered = access(tlm::TLM_WRITE_COMMAND, written) && access(tlm::TLM_READ_COMMAND, read);
    passed = answered && read == written;
    std::cout << "4 KiB there and back in " << sc_core::sc_time_stamp() << '\n';
  }
};

}  // namespace

/// The DRAM model alone, without an accelerator.
int sc_main(int, char*[]) {
  esact::EsactDramConfig config;
  config.preset = "hbm2";
  config.controller.channels = 4;
  esact::EsactDram dram("dram", config);
  Traffic traffic("traffic");
  esact::ProtocolChecker checker("checker", "traffic -> dram");
  traffic.memory.bind(checker.in);
  checker.out.bind(dram.memory);
  sc_core::sc_start();
  for (const esact::DramFigure& figure : dram.figures()) {
    if (figure.name != "row_hits") continue;
    std::cout << std::get<std::uint64_t>(figure.value) << ' ' << figure.description << '\n';
  }
  std::cout << (traffic.passed ? "as expected\n" : "NOT as expected\n");
  return traffic.passed ? 0 : 1;
}
