#include <catch2/catch.hpp>
#include <cstring>

#include "csr/csr.h"
#include "tlm/raw_initiator.h"
#include "tlm/thread.h"

using namespace esact;
using namespace esact::registers;
using namespace esact::test;

namespace {

constexpr tlm::tlm_command kRead = tlm::TLM_READ_COMMAND;
constexpr tlm::tlm_command kWrite = tlm::TLM_WRITE_COMMAND;
constexpr tlm::tlm_command kIgnore = tlm::TLM_IGNORE_COMMAND;
constexpr tlm::tlm_response_status kAddressError = tlm::TLM_ADDRESS_ERROR_RESPONSE;
constexpr tlm::tlm_response_status kBurstError = tlm::TLM_BURST_ERROR_RESPONSE;

/// Csr with an initiator that sends what it likes.
struct Bench : sc_core::sc_module {
  explicit Bench(const sc_core::sc_module_name& name)
      : sc_module(name),
        csr("csr", TlmConfig{}, clock),
        raw("raw"),
        scheduler_status("scheduler_status", TlmConfig{}, clock),
        commands("commands", 4) {
    raw.bind(csr.csr);
    links.bind(scheduler_status, csr.status);
    links.bind(csr.command, commands);
    csr.irq.bind(irq);
  }

  std::uint32_t read(std::uint32_t offset) {
    std::uint32_t value = 0;
    CHECK(raw.debug(kRead, offset, &value, sizeof value) == sizeof value);
    return value;
  }

  Clock clock{2000};
  Csr csr;
  RawInitiator raw;
  InitiatorPort scheduler_status;
  CommandQueue<DoorbellRecord> commands;
  Links links{TlmConfig{}, clock};
  sc_core::sc_signal<bool> irq;
};

void run(const std::function<void(Bench&)>& body) {
  Bench bench("bench");
  Thread thread("thread", [&] { body(bench); });
  sc_core::sc_start();
  CHECK(thread.finished());
}

}  // namespace

TEST_CASE("every access gets the response of the data sheet on both transport interfaces") {
  run([](Bench& bench) {
    check_accesses(bench.raw, {{"no bytes", kWrite, 0x10, 0, 0, false, kBurstError},
                               {"one byte", kWrite, 0x10, 1, 1, false, kBurstError},
                               {"two bytes", kRead, 0x10, 2, 2, false, kBurstError},
                               {"twelve bytes", kWrite, 0x10, 12, 12, false, kBurstError},
                               {"streaming", kWrite, 0x10, 8, 4, false, kBurstError},
                               {"streaming width 0", kRead, 0x10, 4, 0, false, kBurstError},
                               {"misaligned", kWrite, 0x12, 4, 4, false, kAddressError},
                               {"misaligned by one", kRead, 0x11, 4, 4, false, kAddressError},
                               {"hole in the map", kWrite, 0x2c, 4, 4, false, kAddressError},
                               {"behind the map", kRead, 0x38, 4, 4, false, kAddressError},
                               {"far behind the map", kRead, 0x100000010, 4, 4, false, kAddressError},
                               {"last word of 64-bit addresses", kRead, ~std::uint64_t{3}, 8, 8, false, kAddressError},
                               {"into the hole", kWrite, 0x28, 8, 8, false, kAddressError},
                               {"over the end", kRead, 0x34, 8, 8, false, kAddressError},
                               {"byte enables", kWrite, 0x10, 4, 4, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
                               {"ignored", kIgnore, 0x20, 4, 4, false, tlm::TLM_OK_RESPONSE},
                               {"ignored, no bytes", kIgnore, 0x2e, 0, 0, false, tlm::TLM_OK_RESPONSE},
                               {"wide streaming width", kRead, 0x04, 4, 64, false, tlm::TLM_OK_RESPONSE},
                               {"two registers", kRead, 0x04, 8, 8, false, tlm::TLM_OK_RESPONSE}});
    for (const Register& entry : kMap) {
      INFO(entry.name);
      CHECK(bench.read(entry.offset) == entry.reset);
    }
    CHECK(bench.commands.empty());
  });
}

TEST_CASE("any access takes one core cycle after its annotated delay") {
  run([](Bench& bench) {
    for (const std::uint64_t address : {0x04, 0x2c}) {
      std::uint32_t value = 0;
      tlm::tlm_generic_payload payload;
      payload.set_read();
      payload.set_address(address);
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
      payload.set_data_length(sizeof value);
      payload.set_streaming_width(sizeof value);
      const sc_core::sc_time start = sc_core::sc_time_stamp();
      sc_core::sc_time delay(3, sc_core::SC_NS);
      bench.raw.socket->b_transport(payload, delay);
      CHECK(delay == sc_core::SC_ZERO_TIME);
      CHECK(sc_core::sc_time_stamp() - start == sc_core::sc_time(6, sc_core::SC_NS));
    }
  });
}

TEST_CASE("the two transport interfaces read and write alike") {
  run([](Bench& bench) {
    struct Payload : tlm::tlm_generic_payload, tlm::tlm_mm_interface {
      void free(tlm::tlm_generic_payload*) override {}
    };
    for (const bool blocking : {true, false}) {
      std::uint32_t value = blocking ? 0x12345678 : 0x9abcdef0;
      Payload payload;
      payload.set_mm(&payload);
      payload.acquire();
      payload.set_write();
      payload.set_address(kRingBaseHigh);
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
      payload.set_data_length(sizeof value);
      payload.set_streaming_width(sizeof value);
      blocking ? bench.raw.block(payload) : bench.raw.phases(payload);
      CHECK(payload.is_response_ok());
      CHECK(bench.read(kRingBaseHigh) == value);

      std::uint32_t back = 0;
      payload.set_read();
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(&back));
      payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
      blocking ? bench.raw.block(payload) : bench.raw.phases(payload);
      CHECK(back == value);
    }
  });
}

TEST_CASE("a debug read takes any address and length and stops where no register is") {
  run([](Bench& bench) {
    struct Case {
      std::uint64_t address;
      unsigned length;
      unsigned moved;
    };
    constexpr Case kCases[] = {{0x00, 4, 4},  {0x00, 1, 1},   {0x03, 2, 2},        {0x02, 4, 4},
                               {0x04, 8, 8},  {0x00, 64, 44}, {0x2b, 4, 1},        {0x2c, 4, 0},
                               {0x30, 64, 8}, {0x38, 4, 0},   {0x100000000, 4, 0}, {~std::uint64_t{0}, 4, 0},
                               {0x00, 0, 0},  {0x1000, 64, 0}};
    unsigned char map[44];
    CHECK(bench.raw.debug(kRead, 0, map, sizeof map) == sizeof map);
    CHECK(std::memcmp(map, "CASE\0\0\1", 8) == 0);  // ID and VERSION, little-endian
    for (const Case& entry : kCases) {
      INFO("address " << entry.address << " length " << entry.length);
      std::vector<unsigned char> data(64, 0xa5);
      CHECK(bench.raw.debug(kRead, entry.address, data.data(), entry.length) == entry.moved);
      CHECK(std::count(data.begin() + entry.moved, data.end(), 0xa5) == 64 - entry.moved);
      if (entry.address < 0x2c) CHECK(std::memcmp(data.data(), map + entry.address, entry.moved) == 0);
    }
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
  });
}

TEST_CASE("debug accesses change no register, no line and nothing that is on its way") {
  run([](Bench& bench) {
    bench.scheduler_status.send(StatusRecord{3, kStatusInterrupt | kStatusError | kStatusBusy, 8, 5, 0x1'0000'1040});
    sc_core::wait(bench.clock.cycles(1));
    std::vector<std::uint32_t> before;
    for (const Register& entry : kMap) before.push_back(bench.read(entry.offset));
    CHECK(bench.read(kStatus) == (kStatusInterrupt | kStatusError | kStatusBusy));

    for (std::uint64_t address = 0; address < 0x40; ++address) {
      std::uint32_t ones = ~std::uint32_t{0};
      CHECK(bench.raw.debug(kWrite, address, &ones, sizeof ones) == 0);
      CHECK(bench.raw.debug(kIgnore, address, nullptr, 4) == 0);
      bench.raw.debug(kRead, address, &ones, sizeof ones);
    }
    std::vector<std::uint32_t> after;
    for (const Register& entry : kMap) after.push_back(bench.read(entry.offset));
    CHECK(after == before);
    sc_core::wait(bench.clock.cycles(10));
    CHECK(bench.commands.empty());
    CHECK_FALSE(bench.irq.read());
  });
}

TEST_CASE("registers grant no direct memory") {
  run([](Bench& bench) { check_no_direct_memory(bench.raw, 0x10, 0, ~std::uint64_t{0}); });
}
