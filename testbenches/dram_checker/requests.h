#pragma once

#include <functional>

#include "dram/traffic.h"
#include "dram_checker/dram_checker.h"

namespace esact::test {

/// Hands every command to the checker.
class CheckedClient : public DramClient {
 public:
  explicit CheckedClient(DramChecker& checker) : checker_(checker) {}
  void command(const DramCommandRecord& record) override { checker_.check(record); }
  void completed(std::uint32_t, DramCycle) override {}

 private:
  DramChecker& checker_;
};

struct Request {
  std::uint64_t address;
  std::uint64_t bytes;
  bool write;
  DramCycle pause;  // before it arrives
};

using Source = std::function<Request(SplitMix&)>;

inline Request uniform(SplitMix& generator) {
  return {generator.below(std::uint64_t{1} << 22) * 64, 64, false, 0};
}

/// Reads and writes of any length at any address, now and then after a pause of up to three refresh intervals.
inline Request mixed(SplitMix& generator) {
  const DramCycle pause = generator.below(500) == 0 ? generator.below(30000) : generator.below(40);
  const std::uint64_t bytes = 1 + generator.below(generator.below(10) == 0 ? 4096 : 128);
  return {generator.below((std::uint64_t{1} << 28) - bytes), bytes, generator.below(100) < 40, pause};
}

/// Few rows of few banks, reads and writes in turn, bursts of requests between pauses: every rule is at its limit.
inline Request adversarial(SplitMix& generator, const AddressMapping& mapping, std::uint32_t banks) {
  DramLocation location;
  location.bank = static_cast<std::uint32_t>(generator.below(generator.below(2) == 0 ? banks : 2));
  location.bank_group = location.bank >> mapping.lists().bank.size();
  location.row = static_cast<std::uint32_t>(generator.below(3));
  location.column = static_cast<std::uint32_t>(generator.below(4)) * 8;
  const DramCycle pause = generator.below(20) == 0 ? generator.below(150) : 0;
  return {mapping.encode(location), 32u << generator.below(2), generator.below(2) == 0, pause};
}

/// Plays requests of `source` until the checker has seen `commands` commands and nothing is in flight.
inline void play_checked(const DramTable& table, const DramControllerConfig& config, DramChecker& checker,
                         const Source& source, std::uint64_t commands) {
  CheckedClient client(checker);
  DramController controller(table, config, client);
  controller.record_commands(true);
  SplitMix generator(23);
  DramCycle arrival = 0;
  while (checker.commands() < commands) {
    while (controller.in_flight() >= 64) controller.advance(controller.next());
    const Request request = source(generator);
    arrival += request.pause;
    controller.submit(arrival, request.address, request.bytes, request.write);
  }
  drain(controller);
}

}  // namespace esact::test
