#include <catch2/catch.hpp>

#include "pipelined_initiator.h"
#include "protocol_checker/protocol_checker.h"
#include "timed_dram_bench.h"
#include "tlm/test_memory.h"
#include "tlm/thread.h"
#include "traffic.h"

using namespace esact;
using namespace esact::test;

namespace {

constexpr std::uint64_t kSpan = 1 << 20;  // addresses that the traffic lies in

TimedDramConfig with_direct_access() {
  TimedDramConfig config;
  config.direct_access = true;
  return config;
}

/// Reads or writes through the direct memory interface; how many bytes the region held.
std::size_t direct(InitiatorPort& port, std::uint64_t address, std::uint8_t* data, std::size_t bytes, bool write) {
  tlm::tlm_generic_payload payload;
  payload.set_address(address);
  tlm::tlm_dmi access;
  REQUIRE(port->get_direct_mem_ptr(payload, access));
  REQUIRE(access.get_start_address() <= address);
  REQUIRE(address <= access.get_end_address());
  const std::size_t count = std::min<std::uint64_t>(bytes, access.get_end_address() - address + 1);
  unsigned char* place = access.get_dmi_ptr() + (address - access.get_start_address());
  write ? std::memcpy(place, data, count) : std::memcpy(data, place, count);
  return count;
}

/// The four ways to the same bytes.
void move(TimedDramBench& bench, std::uint64_t way, std::uint64_t address, std::vector<std::uint8_t>& data,
          bool write) {
  InitiatorPort& port = way % 2 == 0 ? bench.blocking : bench.phased;
  if (way == 3) {
    for (std::size_t done = 0; done < data.size();) {
      done += direct(port, address + done, data.data() + done, data.size() - done, write);
    }
  } else if (way == 2) {
    write ? port.debug_write(address, data.data(), data.size()) : port.debug_read(address, data.data(), data.size());
  } else {
    write ? port.write(address, data.data(), data.size()) : port.read(address, data.data(), data.size());
  }
}

void mix_ways(const char* preset, std::uint64_t total_bytes) {
  TimedDramBench bench("bench", preset, with_direct_access());
  std::vector<std::uint8_t> expected(kSpan);
  std::uint64_t moved = 0;
  std::uint64_t wrong = 0;
  Thread thread("thread", [&] {
    SplitMix generator(11);
    for (std::uint32_t round = 0; moved < total_bytes; ++round) {
      const std::uint64_t bytes = 1 + generator.below(generator.below(8) == 0 ? 20000 : 300);
      const std::uint64_t address = generator.below(kSpan - bytes);
      const bool write = generator.below(2) == 0;
      std::vector<std::uint8_t> data = write ? pattern(bytes, round) : std::vector<std::uint8_t>(bytes);
      const auto place = expected.begin() + static_cast<std::ptrdiff_t>(address);
      if (write) std::copy(data.begin(), data.end(), place);
      move(bench, generator.below(4), address, data, write);
      wrong += !std::equal(data.begin(), data.end(), place);
      moved += bytes;
    }
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(wrong == 0);
  CHECK(moved >= total_bytes);
}

/// Overlapping accesses in flight at a time see each other in the order in which they were sent.
void pipeline(const char* preset, std::uint32_t channels) {
  TimedDramConfig config;
  config.controller.channels = channels;
  TimedDram dram("dram", dram_table(preset), config);
  std::vector<std::uint8_t> expected(kSpan);
  PipelinedInitiator initiator("initiator", expected);
  ProtocolChecker checker("checker");
  initiator.socket.bind(checker.in);
  checker.out.bind(dram.memory);
  constexpr std::uint32_t kAccesses = 20000;
  Thread thread("thread", [&] {
    SplitMix generator(17);
    for (std::uint32_t round = 0; round < kAccesses; ++round) {
      const std::uint64_t bytes = 1 + generator.below(700);
      const std::uint64_t address = generator.below(8) * (kSpan / 8) + generator.below(1500);
      if (generator.below(2) == 0) {
        initiator.write(address, pattern(bytes, round));
      } else {
        initiator.read(address, bytes);
      }
    }
    initiator.finish();
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(initiator.completed == kAccesses);
  CHECK(initiator.failed == 0);
  CHECK(initiator.wrong == 0);
  CHECK(initiator.most_in_flight > 4);
}

}  // namespace

TEST_CASE("10 million bytes through four ways are those of a plain array, DDR4") {
  mix_ways("ddr4", 10000000);
}

TEST_CASE("bytes through four ways are those of a plain array, LPDDR4") {
  mix_ways("lpddr4", 2000000);
}

TEST_CASE("bytes through four ways are those of a plain array, HBM2") {
  mix_ways("hbm2", 2000000);
}

TEST_CASE("overlapping accesses in flight keep their order, DDR4") {
  pipeline("ddr4", 1);
}

TEST_CASE("overlapping accesses in flight keep their order, LPDDR4") {
  pipeline("lpddr4", 1);
}

TEST_CASE("overlapping accesses in flight keep their order, four channels of HBM2") {
  pipeline("hbm2", 4);
}

TEST_CASE("65536 writes all over 256 MiB hold less than 100 MB") {
  TimedDramBench bench("bench", "ddr4");
  Thread thread("thread", [&] {
    const std::vector<std::uint8_t> data = pattern(kRequestBytes, 1);
    for (const MemoryAccess& access : random(65536, 1, 0)) {
      bench.blocking.write(access.address, data.data(), data.size());
    }
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.dram.bytes().resident_bytes() <= 65536 * 512);
}
