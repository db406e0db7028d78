#include "bench.h"

namespace {

/// The data sheet, by hand: what reads after reset, after writing ones everywhere, after writing zeros everywhere.
struct Row {
  const char* name;
  std::uint32_t offset;
  std::uint32_t reset;
  std::uint32_t ones;
  std::uint32_t zeros;
};

constexpr Row kDataSheet[] = {
    {"ID", 0x00, 0x45534143, 0x45534143, 0x45534143},
    {"VERSION", 0x04, 0x00010000, 0x00010000, 0x00010000},
    {"CONTROL", 0x08, 0, 3, 0},  // all ones but soft_reset are written
    {"STATUS", 0x0C, 0, 0, 0},
    {"RING_BASE_LOW", 0x10, 0, 0xFFFFFFC0, 0},
    {"RING_BASE_HIGH", 0x14, 0, 0xFFFFFFFF, 0},
    {"RING_ENTRIES", 0x18, 1, 1, 1},
    {"RING_HEAD", 0x1C, 0, 0, 0},
    {"RING_TAIL", 0x20, 0, 0xFFFFFFFF, 0},
    {"ERROR_CODE", 0x24, 0, 0, 0},
    {"ERROR_INDEX", 0x28, 0, 0, 0},
    {"ERROR_ADDRESS_LOW", 0x30, 0, 0, 0},
    {"ERROR_ADDRESS_HIGH", 0x34, 0, 0, 0},
};

std::uint32_t all_ones(const Row& row) {
  return row.offset == 0x08 ? ~std::uint32_t{4} : ~std::uint32_t{0};
}

void check_data_sheet(esact::TlmMode mode) {
  run(mode, [](Bench& bench) {
    CHECK(esact::registers::kMap.size() == std::size(kDataSheet));
    for (const Row& row : kDataSheet) {
      INFO(row.name);
      const std::uint64_t before = Bench::now();
      CHECK(bench.read(row.offset) == row.reset);
      CHECK(Bench::now() == before + 1);
    }
    for (auto row = std::rbegin(kDataSheet); row != std::rend(kDataSheet); ++row) {  // tail before enable: no doorbell
      INFO(row->name);
      const std::uint64_t before = Bench::now();
      bench.write(row->offset, all_ones(*row));
      CHECK(Bench::now() == before + 1);
      CHECK(bench.read(row->offset) == row->ones);
      if (row->offset == 0x20) bench.write(row->offset, 0);
    }
    for (const Row& row : kDataSheet) {
      INFO(row.name);
      bench.write(row.offset, 0);
      CHECK(bench.read(row.offset) == row.zeros);
    }
    CHECK(bench.doorbell_times.empty());
  });
}

struct BadAccess {
  const char* name;
  tlm::tlm_command command;
  std::uint64_t address;
  unsigned int bytes;
  unsigned int streaming_width;
  bool byte_enables;
  tlm::tlm_response_status response;
};

constexpr BadAccess kBadAccesses[] = {
    {"one byte", tlm::TLM_WRITE_COMMAND, 0x10, 1, 1, false, tlm::TLM_BURST_ERROR_RESPONSE},
    {"two bytes", tlm::TLM_READ_COMMAND, 0x10, 2, 2, false, tlm::TLM_BURST_ERROR_RESPONSE},
    {"twelve bytes", tlm::TLM_WRITE_COMMAND, 0x10, 12, 12, false, tlm::TLM_BURST_ERROR_RESPONSE},
    {"streaming", tlm::TLM_WRITE_COMMAND, 0x10, 8, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
    {"misaligned", tlm::TLM_WRITE_COMMAND, 0x12, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
    {"misaligned by one", tlm::TLM_READ_COMMAND, 0x11, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
    {"hole in the map", tlm::TLM_WRITE_COMMAND, 0x2C, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
    {"behind the map", tlm::TLM_READ_COMMAND, 0x38, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
    {"far behind the map", tlm::TLM_READ_COMMAND, 0x100000010, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
    {"into the hole", tlm::TLM_WRITE_COMMAND, 0x28, 8, 8, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
    {"over the end", tlm::TLM_READ_COMMAND, 0x34, 8, 8, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
    {"byte enables", tlm::TLM_WRITE_COMMAND, 0x10, 4, 4, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
    {"ignore", tlm::TLM_IGNORE_COMMAND, 0x10, 4, 4, false, tlm::TLM_COMMAND_ERROR_RESPONSE},
};

}  // namespace

TEST_CASE("every register has the data sheet's reset value and access rights, loose") {
  check_data_sheet(esact::TlmMode::kLoose);
}

TEST_CASE("every register has the data sheet's reset value and access rights, approximate") {
  check_data_sheet(esact::TlmMode::kApproximate);
}

TEST_CASE("bad accesses get their error response and change nothing") {
  run(esact::TlmMode::kLoose, [](Bench& bench) {
    bench.write(0x10, 0x1000);
    for (const BadAccess& access : kBadAccesses) {
      INFO(access.name);
      unsigned char data[12] = {0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5};
      unsigned char enables[4] = {0xFF, 0xFF, 0xFF, 0xFF};
      tlm::tlm_generic_payload payload;
      payload.set_command(access.command);
      payload.set_address(access.address);
      payload.set_data_ptr(data);
      payload.set_data_length(access.bytes);
      payload.set_streaming_width(access.streaming_width);
      if (access.byte_enables) {
        payload.set_byte_enable_ptr(enables);
        payload.set_byte_enable_length(sizeof(enables));
      }
      sc_core::sc_time delay(2, sc_core::SC_NS);
      const std::uint64_t before = Bench::now();
      bench.host->b_transport(payload, delay);
      CHECK(payload.get_response_status() == access.response);
      CHECK(delay == sc_core::SC_ZERO_TIME);
      CHECK(Bench::now() == before + 2);
      CHECK(std::count(std::begin(data), std::end(data), 0xA5) == 12);
    }
    CHECK(bench.read(0x10) == 0x1000);
  });
}

TEST_CASE("RING_ENTRIES keeps its value when a write is out of range") {
  run(esact::TlmMode::kLoose, [](Bench& bench) {
    struct Case {
      std::uint32_t written;
      std::uint32_t read;
    };
    constexpr Case kCases[] = {{8, 8}, {0, 8}, {4096, 4096}, {4097, 4096}, {0x10004, 4096}, {1, 1}, {0xFFFFFFFF, 1}};
    for (const Case& entry : kCases) {
      INFO(entry.written);
      bench.write(0x18, entry.written);
      CHECK(bench.read(0x18) == entry.read);
    }
  });
}

TEST_CASE("eight bytes reach two neighbouring registers in one cycle") {
  run(esact::TlmMode::kLoose, [](Bench& bench) {
    const std::uint64_t base = 0x0000001234567880;
    const std::uint64_t before = Bench::now();
    bench.host.write(0x10, &base, sizeof(base));
    CHECK(Bench::now() == before + 1);
    CHECK(bench.read(0x10) == 0x34567880);
    CHECK(bench.read(0x14) == 0x12);
    std::uint64_t value = 0;
    bench.host.read(0x10, &value, sizeof(value));
    CHECK(value == base);
    bench.host.read(0x14, &value, sizeof(value));
    CHECK(value == 0x0000000100000012);
  });
}

TEST_CASE("debug reads see every register without time or side effects, debug writes move nothing") {
  run(esact::TlmMode::kLoose, [](Bench& bench) {
    bench.scheduler_status.send(esact::StatusRecord{3, esact::registers::kStatusInterrupt, 0, 0, 0});
    const std::uint64_t before = Bench::now();
    for (int pass = 0; pass < 2; ++pass) {
      for (const esact::registers::Register& entry : esact::registers::kMap) {
        INFO(entry.name);
        std::uint32_t value = 0;
        bench.host.debug_read(entry.offset, &value, sizeof(value));
        const bool changed = entry.offset == esact::registers::kStatus || entry.offset == esact::registers::kRingHead;
        if (!changed) CHECK(value == entry.reset);
        if (entry.offset == esact::registers::kRingHead) CHECK(value == 3);
        if (entry.offset == esact::registers::kStatus) CHECK((value & esact::registers::kStatusInterrupt) != 0);
      }
    }
    std::uint64_t base = 0;
    bench.host.debug_read(0x10, &base, sizeof(base));
    CHECK(base == 0);

    std::uint32_t value = ~std::uint32_t{0};
    tlm::tlm_generic_payload payload;
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    payload.set_address(0x10);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(sizeof(value));
    payload.set_streaming_width(sizeof(value));
    CHECK(bench.host->transport_dbg(payload) == 0);
    payload.set_read();
    payload.set_address(0x2C);
    CHECK(bench.host->transport_dbg(payload) == 0);
    CHECK(Bench::now() == before);
    CHECK(bench.read(0x10) == 0);
  });
}

TEST_CASE("accesses take turns, and the ledger counts their cycles") {
  run(esact::TlmMode::kLoose, [](Bench& bench) {
    sc_core::wait(bench.clock.cycles(5) + sc_core::sc_time(1, sc_core::SC_NS));
    std::vector<std::uint64_t> ends;
    sc_core::sc_event done;
    for (int i = 0; i < 3; ++i) {
      sc_core::sc_spawn([&] {
        bench.read(0x00);
        ends.push_back(Bench::now());
        done.notify();
      });
    }
    while (ends.size() < 3) wait(done);
    CHECK(ends == std::vector<std::uint64_t>{7, 8, 9});
    const esact::StateCycles totals = bench.csr.ledger().totals();
    CHECK(totals[static_cast<std::size_t>(esact::UnitState::kBusy)] == 3);
    CHECK(totals[static_cast<std::size_t>(esact::UnitState::kIdle)] == 6);
  });
}
