#include "dma/dma.h"

#include <catch2/catch.hpp>
#include <memory>
#include <numeric>

#include "dram/simple_dram.h"
#include "protocol_checker/protocol_checker.h"
#include "sram/sram.h"
#include "tlm/bind.h"
#include "tlm/test_memory.h"
#include "tlm/thread.h"

using namespace esact;
using namespace esact::test;

namespace {

const Clock kClock(2000);
constexpr std::uint64_t kDramBytes = 1 << 20;
constexpr std::uint64_t kSramBytes = 1 << 16;

std::uint64_t now() {
  return kClock.cycle(sc_core::sc_time_stamp());
}

DmaConfig small_dma() {
  DmaConfig config;
  config.burst_bytes = 64;
  config.outstanding = 3;
  config.port_bytes = 16;
  config.queue_depth = 2;
  return config;
}

SimpleDramConfig dram_config() {
  SimpleDramConfig config;
  config.bytes = kDramBytes;
  config.latency_ns = 40;
  config.bandwidth_gbps = 16;
  config.clock_ps = 1000;
  return config;
}

SramConfig sram_config() {
  SramConfig config;
  config.bytes = kSramBytes;
  return config;
}

/// A DMA between an SRAM with an identity page table and a DRAM, and a sender of commands.
class Bench : public sc_core::sc_module {
 public:
  Links links;
  Dma dma;
  Sram sram;
  SimpleDram dram;
  InitiatorPort sender;
  InitiatorPort host;
  InitiatorPort sram_host;
  ProtocolChecker system;
  std::vector<std::uint8_t> expected_sram;
  std::vector<std::uint8_t> expected_dram;

  Bench(const sc_core::sc_module_name& name, const TlmConfig& tlm, const DmaConfig& config = small_dma())
      : sc_core::sc_module(name),
        links(tlm, kClock),
        dma("dma", config, tlm, kClock),
        sram("sram", sram_config(), tlm, kClock),
        dram("dram", dram_config(), 8),
        sender("sender", tlm, kClock),
        host("host", tlm, kClock),
        sram_host("sram_host", tlm, kClock),
        system("system"),
        expected_sram(pattern(kSramBytes, 1)),
        expected_dram(pattern(kDramBytes, 2)) {
    links.bind(sender, dma.command);
    links.bind(dma.memory, sram.memory);
    links.bind(dma.dma, system.in);
    links.bind(system.out, dram.socket());
    links.bind(host, dram.socket());
    links.bind(sram_host, sram.memory);
  }

  /// To be called from a thread before anything else.
  void fill() {
    std::vector<std::uint32_t> pages(kSramBytes / kPageBytes);
    std::iota(pages.begin(), pages.end(), 0);
    sram_host.debug_write(kPageTableBase, pages.data(), 4 * pages.size());
    sram_host.debug_write(0, expected_sram.data(), kSramBytes);
    host.debug_write(0, expected_dram.data(), kDramBytes);
  }

  /// Sends a command and moves the expected bytes likewise.
  void move(DmaDirection direction, std::uint64_t system_address, std::uint64_t sram_address, std::uint64_t bytes) {
    sender.send(DmaCommand{direction, 0, system_address, sram_address, bytes});
    const auto dram_begin = expected_dram.begin() + static_cast<long>(system_address);
    const auto sram_begin = expected_sram.begin() + static_cast<long>(sram_address);
    if (direction == DmaDirection::kToSram) {
      std::copy_n(dram_begin, bytes, sram_begin);
    } else {
      std::copy_n(sram_begin, bytes, dram_begin);
    }
  }

  bool as_expected() {
    std::vector<std::uint8_t> sram_bytes(kSramBytes);
    std::vector<std::uint8_t> dram_bytes(kDramBytes);
    sram_host.debug_read(0, sram_bytes.data(), kSramBytes);
    host.debug_read(0, dram_bytes.data(), kDramBytes);
    return sram_bytes == expected_sram && dram_bytes == expected_dram;
  }

  std::uint64_t cycles(UnitState state) const { return dma.ledger().totals()[static_cast<std::size_t>(state)]; }
};

TlmConfig config_of(TlmMode mode, std::uint32_t stall_permille = 0) {
  TlmConfig config;
  config.mode = mode;
  config.burst_bytes = 32;
  config.stall_permille = stall_permille;
  return config;
}

/// Every alignment of both addresses modulo 64 (in steps) with lengths around the burst size, both ways.
void check_unaligned(const TlmConfig& tlm) {
  Bench bench("bench", tlm);
  std::uint64_t moved = 0;
  Thread thread("thread", [&] {
    bench.fill();
    std::uint64_t place = 0;
    for (std::uint64_t system_offset = 0; system_offset < 64; system_offset += 9) {
      for (std::uint64_t sram_offset = 0; sram_offset < 64; sram_offset += 7) {
        for (const std::uint64_t bytes : {0, 1, 2, 55, 63, 64, 65, 127, 128, 129, 300}) {
          const auto direction = place % 3 == 0 ? DmaDirection::kToSystem : DmaDirection::kToSram;
          bench.move(direction, place * 521 % (kDramBytes - 512) / 64 * 64 + system_offset,
                     place * 397 % (kSramBytes - 512) / 64 * 64 + sram_offset, bytes);
          moved += bytes;
          ++place;
        }
      }
    }
    CHECK(bench.as_expected());
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.dma.counts().dma_bytes == moved);
  CHECK(bench.dma.error_address() == kNoAddress);
  CHECK(bench.dram.statistics().read_bytes + bench.dram.statistics().write_bytes == moved);
  const StateCycles totals = bench.dma.ledger().totals();
  CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == 3 * now());
}

/// A command whose third piece lies beyond the DRAM, then a good one.
void check_error(TlmMode mode, DmaDirection direction) {
  Bench bench("bench", config_of(mode));
  Thread thread("thread", [&] {
    bench.fill();
    const DmaCommand bad{direction, 0, kDramBytes - 100, 0, 600};
    CHECK(bench.sender.try_send(bad) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(bench.dma.error_address() == kDramBytes);
    CHECK(bench.dma.counts().dma_bytes == 100);
    bench.dma.clear_error();
    CHECK(bench.dma.error_address() == kNoAddress);
    if (direction == DmaDirection::kToSram) {
      std::copy_n(bench.expected_dram.end() - 100, 100, bench.expected_sram.begin());
    } else {
      std::copy_n(bench.expected_sram.begin(), 100, bench.expected_dram.end() - 100);
    }
    bench.move(direction, 4096, 4096, 1000);
    CHECK(bench.as_expected());
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

}  // namespace

TEST_CASE("loose: unaligned transfers are exact") {
  check_unaligned(config_of(TlmMode::kLoose));
}
TEST_CASE("approximate: unaligned transfers are exact") {
  check_unaligned(config_of(TlmMode::kApproximate));
}
TEST_CASE("loose with stalls: unaligned transfers are exact") {
  check_unaligned(config_of(TlmMode::kLoose, 300));
}
TEST_CASE("approximate with stalls: unaligned transfers are exact") {
  check_unaligned(config_of(TlmMode::kApproximate, 300));
}

TEST_CASE("loose: a bus error ends a read") {
  check_error(TlmMode::kLoose, DmaDirection::kToSram);
}
TEST_CASE("loose: a bus error ends a write") {
  check_error(TlmMode::kLoose, DmaDirection::kToSystem);
}
TEST_CASE("approximate: a bus error ends a read") {
  check_error(TlmMode::kApproximate, DmaDirection::kToSram);
}
TEST_CASE("approximate: a bus error ends a write") {
  check_error(TlmMode::kApproximate, DmaDirection::kToSystem);
}

TEST_CASE("pieces end at multiples of burst_bytes and run at the same time") {
  Bench bench("bench", config_of(TlmMode::kApproximate));
  Thread thread("thread", [&] {
    bench.fill();
    bench.move(DmaDirection::kToSram, 60, 0, 200);
  });
  sc_core::sc_start();
  CHECK(bench.system.completed() == 5);  // 4, 64, 64, 64, 4
  CHECK(bench.system.most_in_flight() == 3);
}

TEST_CASE("a single piece takes the system's time, then the port's or the SRAM's") {
  Bench bench("bench", config_of(TlmMode::kLoose));
  Thread thread("thread", [&] {
    bench.fill();
    bench.move(DmaDirection::kToSram, 0, 0, 64);
    CHECK(now() == 26);  // DRAM 4 + 40 ns = 22 cycles; port 64 / 16 = 4 cycles, the SRAM's 3 hidden behind
    CHECK(bench.cycles(UnitState::kDram) == 22);
    CHECK(bench.cycles(UnitState::kBusy) == 4);
    CHECK(bench.cycles(UnitState::kSram) == 0);
    bench.move(DmaDirection::kToSystem, 0, 0, 16);
    CHECK(now() == 26 + 3 + 21);  // SRAM 1 + 2 cycles, of which the port moves 1; DRAM 1 + 40 ns
    CHECK(bench.cycles(UnitState::kDram) == 22 + 21);
    CHECK(bench.cycles(UnitState::kBusy) == 5);
    CHECK(bench.cycles(UnitState::kSram) == 2);
    CHECK(bench.cycles(UnitState::kIdle) == 3 * 50 - 50);
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}

TEST_CASE("a command starts when workers are free, not when the one before has completed") {
  Bench bench("bench", config_of(TlmMode::kLoose));
  std::vector<std::uint64_t> ends(2);
  Thread first("first", [&] {
    bench.fill();
    bench.move(DmaDirection::kToSram, 0, 0, 128);
    ends[0] = now();
  });
  Thread other("other", [&] {
    sc_core::wait(sc_core::SC_ZERO_TIME);
    bench.move(DmaDirection::kToSram, 4096, 4096, 64);
    ends[1] = now();
  });
  sc_core::sc_start();
  CHECK(ends[0] == 30);  // pieces read until 22 and 24 cycles, on the SRAM port 22-26 and 26-30
  CHECK(ends[1] == 34);  // read until 26, on the port 30-34
}

TEST_CASE("the default DMA reaches the bandwidth of the DRAM") {
  Bench bench("bench", config_of(TlmMode::kLoose), DmaConfig{});
  Thread thread("thread", [&] {
    bench.fill();
    for (int i = 0; i < 16; ++i) bench.move(DmaDirection::kToSram, 65536 * i, 0, 65536);
    const double seconds = sc_core::sc_time_stamp().to_seconds();
    CHECK(16 * 65536 / seconds > 0.9 * 16e9);
    CHECK(bench.as_expected());
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}
