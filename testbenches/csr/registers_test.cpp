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

}  // namespace

TEST_CASE("every register has the data sheet's reset value and access rights, loose") {
  check_data_sheet(esact::TlmMode::kLoose);
}

TEST_CASE("every register has the data sheet's reset value and access rights, approximate") {
  check_data_sheet(esact::TlmMode::kApproximate);
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
