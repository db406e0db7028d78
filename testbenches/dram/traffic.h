#pragma once

#include <cstdint>
#include <vector>

#include "dram/controller.h"

namespace esact::test {

/// Vigna's splitmix64: the traffic of the reference numbers.
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Uniform enough for tests: 0 to `values` - 1.
  std::uint64_t below(std::uint64_t values) { return next() % values; }

 private:
  std::uint64_t state_;
};

struct MemoryAccess {
  std::uint64_t address = 0;
  bool write = false;
};

using Traffic = std::vector<MemoryAccess>;

constexpr std::uint64_t kRequestBytes = 64;

/// Addresses 0, 64, 128 and so on; odd requests write if `alternate`.
inline Traffic sequential(std::size_t count, bool alternate = false) {
  Traffic traffic;
  for (std::size_t i = 0; i < count; ++i) traffic.push_back({i * kRequestBytes, alternate && i % 2 == 1});
  return traffic;
}

/// Uniform over 256 MiB; `write_percent` of 100 write, 0 drawing no numbers for it.
inline Traffic random(std::size_t count, std::uint64_t seed, std::uint64_t write_percent) {
  SplitMix generator(seed);
  Traffic traffic;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t address = generator.below(std::uint64_t{1} << 22) * kRequestBytes;
    traffic.push_back({address, write_percent > 0 && generator.below(100) < write_percent});
  }
  return traffic;
}

/// The next row of one bank each time.
inline Traffic conflicts(std::size_t count, const DramTable& table) {
  const AddressMapping mapping(table.mapping);
  Traffic traffic;
  for (std::size_t i = 0; i < count; ++i) {
    DramLocation location;
    location.row = static_cast<std::uint32_t>(i % table.rows);
    traffic.push_back({mapping.encode(location), false});
  }
  return traffic;
}

/// A client that keeps commands and ends.
class Recorder : public DramClient {
 public:
  void command(const DramCommandRecord& record) override { commands.push_back(record); }
  void completed(std::uint32_t request, DramCycle end) override { ends.push_back({request, end}); }

  struct End {
    std::uint32_t request;
    DramCycle end;
  };
  std::vector<DramCommandRecord> commands;
  std::vector<End> ends;
};

/// Back to back requests: each arrives when the one before has ended. The cycles that each took.
inline std::vector<DramCycle> latencies(const Traffic& traffic, const DramTable& table,
                                        const DramControllerConfig& config, std::uint64_t bytes = kRequestBytes) {
  Recorder recorder;
  DramController controller(table, config, recorder);
  std::vector<DramCycle> cycles;
  DramCycle arrival = 0;
  for (const MemoryAccess& access : traffic) {
    controller.submit(arrival, access.address, bytes, access.write);
    while (controller.in_flight() > 0) controller.advance(controller.next());
    cycles.push_back(controller.last_end() - arrival);
    arrival = controller.last_end() + 200;  // all banks may be precharged again
  }
  return cycles;
}

/// Advances until nothing is in flight.
inline void drain(DramController& controller) {
  while (controller.in_flight() > 0) controller.advance(controller.next());
}

/// Plays `traffic`, all of it present at time 0; the cycle in which the last data ended.
inline DramCycle play(const Traffic& traffic, const DramTable& table, const DramControllerConfig& config) {
  Recorder recorder;
  DramController controller(table, config, recorder);
  for (const MemoryAccess& access : traffic) controller.submit(0, access.address, kRequestBytes, access.write);
  drain(controller);
  return controller.last_end();
}

}  // namespace esact::test
