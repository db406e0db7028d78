#include "dram/byte_store.h"

#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "tlm/test_memory.h"

using namespace esact;
using namespace esact::test;

TEST_CASE("a byte store costs memory only where it was written and reads 0 elsewhere") {
  constexpr std::uint64_t kCapacity = std::uint64_t{1} << 44;
  ByteStore store(kCapacity);
  std::vector<std::uint8_t> bytes(100000, 1);
  store.read(kCapacity - bytes.size(), bytes.data(), bytes.size());
  CHECK(bytes == std::vector<std::uint8_t>(100000, 0));
  CHECK(store.resident_bytes() == 0);
  const std::uint8_t byte = 7;
  store.write(kCapacity - 1, &byte, 1);
  CHECK(store.resident_bytes() > 0);
  CHECK(store.resident_bytes() <= 1 << 20);
  store.read(kCapacity - 2, bytes.data(), 2);
  CHECK(bytes[0] == 0);
  CHECK(bytes[1] == 7);
}

TEST_CASE("a byte store holds what was written last, across its chunks") {
  ByteStore store(1 << 20);
  std::vector<std::uint8_t> expected(1 << 20);
  for (std::uint32_t round = 0; round < 50; ++round) {
    const auto data = pattern(1 + round * 4001, round);
    const std::uint64_t address = round * 7919 * 13 % ((1 << 20) - data.size());
    store.write(address, data.data(), data.size());
    std::copy(data.begin(), data.end(), expected.begin() + static_cast<long>(address));
  }
  std::vector<std::uint8_t> back(1 << 20);
  store.read(0, back.data(), back.size());
  CHECK(back == expected);
}

TEST_CASE("a byte store knows its bounds") {
  const ByteStore store(1000);
  CHECK(store.contains(0, 1000));
  CHECK(store.contains(1000, 0));
  CHECK_FALSE(store.contains(0, 1001));
  CHECK_FALSE(store.contains(999, 2));
  CHECK_FALSE(store.contains(1001, 0));
  CHECK_FALSE(store.contains(~std::uint64_t{0}, 1));
}
