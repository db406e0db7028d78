#include "sram/sram.h"

#include <catch2/catch.hpp>
#include <memory>
#include <numeric>

#include "protocol_checker/protocol_checker.h"
#include "tlm/initiator_port.h"
#include "tlm/raw_initiator.h"
#include "tlm/test_memory.h"
#include "tlm/thread.h"

using namespace esact;
using namespace esact::test;

namespace {

const Clock kClock(2000);

std::uint64_t now() {
  return kClock.cycle(sc_core::sc_time_stamp());
}

SramConfig small_sram() {
  SramConfig config;
  config.bytes = 8 * kPageBytes;
  config.banks = 4;
  config.bank_bytes = 16;
  config.latency_cycles = 2;
  return config;
}

TlmConfig config_of(TlmMode mode) {
  TlmConfig config;
  config.mode = mode;
  config.burst_bytes = 64;
  return config;
}

/// An SRAM of 8 pages and 4 banks with `initiators` ports; virtual pages 0..7 are mapped to 7..0.
class Bench : public sc_core::sc_module {
 public:
  Sram sram;
  std::vector<std::unique_ptr<InitiatorPort>> ports;
  std::vector<std::unique_ptr<ProtocolChecker>> checkers;

  Bench(const sc_core::sc_module_name& name, TlmMode mode, int initiators)
      : sc_core::sc_module(name), sram("sram", small_sram(), config_of(mode), kClock) {
    for (int i = 0; i < initiators; ++i) {
      ports.push_back(std::make_unique<InitiatorPort>(sc_core::sc_gen_unique_name("port"), config_of(mode), kClock));
      checkers.push_back(std::make_unique<ProtocolChecker>(sc_core::sc_gen_unique_name("checker")));
      ports.back()->bind(checkers.back()->in);
      checkers.back()->out.bind(sram.memory);
    }
  }

  std::uint64_t busy() const { return sram.totals()[static_cast<std::size_t>(UnitState::kBusy)]; }

 private:
  void start_of_simulation() override {
    const std::vector<std::uint32_t> pages = {7, 6, 5, 4, 3, 2, 1, 0};
    ports[0]->debug_write(kPageTableBase, pages.data(), 4 * pages.size());
  }
};

struct WordCase {
  std::uint64_t address;
  std::uint64_t bytes;
  std::uint32_t word_bytes;
  std::uint64_t words;
};

/// One access after another as a schedule of 4 banks and a latency of 2 cycles sees them.
struct ScheduleCase {
  std::uint64_t arrival;
  std::uint64_t words;
  std::uint64_t done;
};

struct AccessCase {
  std::uint64_t address;
  std::size_t bytes;
  std::uint64_t cycles;
};

/// Writes the whole memory through translated pages and reads it back in odd pieces.
void check_bytes(TlmMode mode) {
  Bench bench("bench", mode, 1);
  Thread thread("thread", [&] {
    const auto out = pattern(8 * kPageBytes, 3);
    InitiatorPort& port = *bench.ports[0];
    port.write(0, out.data(), out.size());
    for (std::size_t length = 1; length < 200; length += 7) {
      for (const std::uint64_t middle : {kPageBytes, 3 * kPageBytes, 5 * kPageBytes}) {
        std::vector<std::uint8_t> back(length);
        port.read(middle - length / 2, back.data(), length);
        CHECK(std::equal(back.begin(), back.end(), out.begin() + static_cast<long>(middle - length / 2)));
      }
    }
    std::vector<std::uint32_t> pages(2);
    port.read(kPageTableBase + 4 * 2, pages.data(), 8);
    CHECK(pages == std::vector<std::uint32_t>{5, 4});
    port.read(kPageTableBase + 4 * 8, pages.data(), 8);
    CHECK(pages == std::vector<std::uint32_t>{kUnmappedPage, kUnmappedPage});
    const std::vector<std::uint32_t> swapped = {6, 7};
    port.write(kPageTableBase, swapped.data(), 8);
    std::uint8_t byte = 0;
    port.read(5, &byte, 1);
    CHECK(byte == out[kPageBytes + 5]);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.checkers[0]->in_flight() == 0);
}

}  // namespace

TEST_CASE("words touched") {
  const std::vector<WordCase> cases = {{0, 1, 16, 1},   {0, 16, 16, 1},       {0, 17, 16, 2},
                                       {15, 1, 16, 1},  {15, 2, 16, 2},       {8, 16, 16, 2},
                                       {31, 34, 16, 4}, {100, 4096, 16, 257}, {64, 4096, 32, 128}};
  for (const WordCase& word_case : cases) {
    INFO("address " << word_case.address << " bytes " << word_case.bytes);
    CHECK(words_touched(word_case.address, word_case.bytes, word_case.word_bytes) == word_case.words);
  }
}

TEST_CASE("bank schedule") {
  const std::vector<ScheduleCase> cases = {{0, 1, 3},    // slot 0
                                           {0, 3, 3},    // fills the cycle
                                           {0, 1, 4},    // the next cycle's first slot
                                           {0, 10, 6},   // slots 5 to 14
                                           {2, 1, 6},    // slot 15: waits for the one before
                                           {2, 1, 7},    // slot 16
                                           {10, 4, 13},  // after a pause, from the edge
                                           {10, 5, 15},  // slots 44 to 48
                                           {12, 3, 15},  // slots 49 to 51
                                           {13, 1, 16}};
  BankSchedule schedule(4);
  for (const ScheduleCase& schedule_case : cases) {
    INFO("arrival " << schedule_case.arrival << " words " << schedule_case.words);
    CHECK(schedule.reserve(schedule_case.arrival, schedule_case.words, 2) == schedule_case.done);
  }
}

TEST_CASE("an uncontended access takes ceil(words / banks) + latency cycles") {
  const std::vector<AccessCase> cases = {{0, 1, 3},        {0, 64, 3},       {1, 64, 4}, {0, 65, 4},
                                         {4000, 4096, 66}, {4001, 4096, 67}, {15, 2, 3}};
  Bench bench("bench", TlmMode::kLoose, 1);
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(4096);
    for (const AccessCase& access : cases) {
      const std::uint64_t start = now();
      bench.ports[0]->read(access.address, data.data(), access.bytes);
      INFO("address " << access.address << " bytes " << access.bytes);
      CHECK(now() - start == access.cycles);
    }
    const std::uint64_t start = now();
    bench.ports[0]->write(kPageTableBase + 400, std::vector<std::uint32_t>(3, kUnmappedPage).data(), 12);
    CHECK(now() - start == 2);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

TEST_CASE("two initiators share the banks") {
  Bench bench("bench", TlmMode::kLoose, 2);
  std::vector<std::uint64_t> first_ends;
  std::vector<std::uint64_t> second_ends;
  const auto reader = [&bench](std::size_t port, std::size_t bytes, std::vector<std::uint64_t>& ends) {
    std::vector<std::uint8_t> data(bytes);
    for (int i = 0; i < 3; ++i) {
      bench.ports[port]->read(0, data.data(), bytes);
      ends.push_back(now());
    }
  };
  Thread first("first", [&] { reader(0, 16 * 10, first_ends); });
  Thread second("second", [&] { reader(1, 16 * 6, second_ends); });
  sc_core::sc_start();
  // slots: first 0-9, second 10-15; first from its end in cycle 5 (slot 20): 20-29, second from cycle 6: 30-35; ...
  CHECK(first_ends == std::vector<std::uint64_t>{5, 10, 15});
  CHECK(second_ends == std::vector<std::uint64_t>{6, 11, 16});
  CHECK(bench.busy() == 3 * 16);
}

TEST_CASE("busy and idle add up to banks times cycles in every cycle") {
  Bench bench("bench", TlmMode::kLoose, 2);
  const auto traffic = [&bench](std::size_t port, std::uint32_t seed) {
    std::vector<std::uint8_t> data(2000);
    for (const std::uint8_t size : pattern(40, seed)) {
      bench.ports[port]->write(size, data.data(), 1 + 7 * size);
      sc_core::wait(size % 16 * 700, sc_core::SC_PS);
    }
  };
  Thread first("first", [&] { traffic(0, 1); });
  Thread second("second", [&] { traffic(1, 2); });
  std::uint64_t busy = 0;
  Thread watcher("watcher", [&] {
    while (!first.finished() || !second.finished()) {
      const StateCycles totals = bench.sram.totals();
      CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == 4 * now());
      CHECK(bench.busy() >= busy);
      CHECK(bench.busy() - busy <= 4);
      busy = bench.busy();
      kClock.wait(1);
    }
  });
  sc_core::sc_start();
  CHECK(watcher.finished());
  std::uint64_t words = 0;
  for (const std::uint32_t seed : {1u, 2u}) {
    for (const std::uint8_t size : pattern(40, seed)) words += words_touched(size, 1 + 7 * size, 16);
  }
  CHECK(bench.busy() == words);
  CHECK(bench.sram.units() == 4);
}

TEST_CASE("loose: bytes pass through the page table") {
  check_bytes(TlmMode::kLoose);
}
TEST_CASE("approximate: bytes pass through the page table") {
  check_bytes(TlmMode::kApproximate);
}

TEST_CASE("errors move nothing, take no time and count nothing") {
  Bench bench("bench", TlmMode::kLoose, 1);
  Thread thread("thread", [&] {
    InitiatorPort& port = *bench.ports[0];
    std::vector<std::uint8_t> data(2 * kPageBytes, 0xab);
    const auto access = [&](std::uint64_t address, std::size_t bytes) {
      return port.transport(tlm::TLM_WRITE_COMMAND, address, data.data(), bytes);
    };
    CHECK(access(8 * kPageBytes, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(access(7 * kPageBytes, kPageBytes + 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(access(kVirtualBytes, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(access(kVirtualBytes - 1, 2) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(port.transport(tlm::TLM_IGNORE_COMMAND, 8 * kPageBytes, nullptr, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(now() == 0);
    CHECK(access(kPageTableBase + 2, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(access(kPageTableBase + 4 * kVirtualPages, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(access(kPageTableBase, 6) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(access(kPageTableBase, 8) == tlm::TLM_GENERIC_ERROR_RESPONSE);
    const std::uint32_t unmapped = kUnmappedPage;
    port.write(kPageTableBase + 4 * 3, &unmapped, 4);
    CHECK(access(3 * kPageBytes - 1, 2) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    std::vector<std::uint8_t> back(3 * kPageBytes);
    port.debug_read(0, back.data(), back.size());
    CHECK(back == std::vector<std::uint8_t>(3 * kPageBytes, 0));
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.sram.counts().sram_write_bytes == 0);
  CHECK(bench.sram.counts().sram_read_bytes == 0);
  CHECK(bench.busy() == 0);
}

TEST_CASE("every illegal access gets the response of IEEE 1666 on both transport interfaces") {
  Sram sram("sram", small_sram(), TlmConfig{}, kClock);
  RawInitiator initiator("initiator");
  initiator.bind(sram.memory);
  constexpr tlm::tlm_command kRead = tlm::TLM_READ_COMMAND;
  constexpr tlm::tlm_command kWrite = tlm::TLM_WRITE_COMMAND;
  constexpr std::uint64_t kTableEnd = kPageTableBase + 4 * kVirtualPages;
  Thread thread("thread", [&] {
    std::uint32_t page = 2;
    CHECK(initiator.debug(kWrite, kPageTableBase, &page, 4) == 4);
    check_accesses(
        initiator,
        {{"data", kRead, 0, 64, 64, false, tlm::TLM_OK_RESPONSE},
         {"ignored", tlm::TLM_IGNORE_COMMAND, 0, 64, 64, false, tlm::TLM_OK_RESPONSE},
         {"no bytes", kRead, 0, 0, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
         {"streaming", kWrite, 0, 8, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
         {"byte enables", kWrite, 0, 8, 8, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
         {"unmapped page", kRead, kPageBytes, 1, 1, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"into an unmapped page", kWrite, kPageBytes - 1, 2, 2, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"between data and page table", kRead, kVirtualBytes, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"top of 64-bit addresses", kWrite, ~std::uint64_t{0}, 1, 1, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"page table", kRead, kPageTableBase, 4, 4, false, tlm::TLM_OK_RESPONSE},
         {"page table, misaligned", kRead, kPageTableBase + 2, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"page table, half a word", kWrite, kPageTableBase, 2, 2, false, tlm::TLM_BURST_ERROR_RESPONSE},
         {"page table, byte enables", kWrite, kPageTableBase, 4, 4, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
         {"page table, over the end", kRead, kTableEnd - 4, 8, 8, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
         {"page table, no such page", kWrite, kPageTableBase, 4, 4, false, tlm::TLM_GENERIC_ERROR_RESPONSE}});
    std::uint32_t entry = 0;
    CHECK(initiator.debug(kRead, kPageTableBase, &entry, 4) == 4);
    CHECK(entry == page);
    CHECK(initiator.debug(kRead, kPageBytes - 1, &entry, 2) == 0);
    check_no_direct_memory(initiator, 0, 0, ~std::uint64_t{0});
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(sram.counts().sram_read_bytes == 4 * 64);  // two accesses over two interfaces; debug counts nothing
  CHECK(sram.counts().sram_write_bytes == 0);
}

TEST_CASE("reads, streams and writes are counted in bytes") {
  Bench bench("bench", TlmMode::kApproximate, 1);
  Thread thread("thread", [&] {
    std::vector<std::uint8_t> data(1000);
    bench.ports[0]->write(3, data.data(), 1000);
    bench.ports[0]->read(3, data.data(), 300);
    bench.ports[0]->stream(3, 33);
    bench.ports[0]->debug_read(3, data.data(), 1000);
  });
  sc_core::sc_start();
  CHECK(bench.sram.counts().sram_write_bytes == 1000);
  CHECK(bench.sram.counts().sram_read_bytes == 333);
}
