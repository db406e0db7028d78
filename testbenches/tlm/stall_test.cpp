#include <catch2/catch.hpp>
#include <memory>

#include "protocol_checker/protocol_checker.h"
#include "test_memory.h"
#include "thread.h"
#include "tlm/bind.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"

using namespace esact;
using namespace esact::test;

namespace {

const Clock kClock(1000);

struct Outcome {
  std::vector<std::uint8_t> left;
  std::vector<std::uint8_t> right;
  sc_core::sc_time end;
  std::vector<std::uint32_t> commands;
};

/// Two ports write and read a memory each while a third sends commands, all over bound links of `config`. No two
/// processes compete, so that equal benches in one simulation take equal times.
class Bench : public sc_core::sc_module {
 public:
  Bench(const sc_core::sc_module_name& name, const TlmConfig& config)
      : sc_core::sc_module(name),
        links_(config, kClock),
        left_memory_("left_memory", kClock, 3, 2),
        right_memory_("right_memory", kClock, 3, 2),
        queue_("queue", 1),
        left_("left", config, kClock, 16),
        right_("right", config, kClock),
        commands_("commands", config, kClock),
        left_checker_("left_checker"),
        left_thread_("left_thread", [this] { exercise(left_, 0); }),
        right_thread_("right_thread", [this] { exercise(right_, 50); }),
        sender_("sender", [this] { send(); }),
        server_("server", [this] { serve(); }) {
    links_.bind(left_, left_checker_.in);
    links_.bind(left_checker_.out, left_memory_.memory);
    links_.bind(right_, right_memory_.memory);
    links_.bind(commands_, queue_);
  }

  Outcome outcome() const { return {left_memory_.bytes, right_memory_.bytes, end_, received_}; }
  bool finished() const {
    return left_thread_.finished() && right_thread_.finished() && sender_.finished() && server_.finished();
  }

 private:
  void exercise(InitiatorPort& port, std::uint64_t base) {
    for (std::uint32_t round = 0; round < 20; ++round) {
      const auto out = pattern(300 + round, round);
      std::vector<std::uint8_t> back(out.size());
      port.write(base + 400 * round, out.data(), out.size());
      port.read(base + 400 * round, back.data(), back.size());
      CHECK(back == out);
    }
    end_ = std::max(end_, sc_core::sc_time_stamp());
  }
  void send() {
    for (std::uint32_t i = 0; i < 20; ++i) commands_.send(i);
  }
  void serve() {
    while (received_.size() < 20) {
      auto* command = queue_.take();
      received_.push_back(command->record);
      kClock.wait(2);
      queue_.complete(command);
    }
  }

  Links links_;
  TestMemory left_memory_;
  TestMemory right_memory_;
  CommandQueue<std::uint32_t> queue_;
  InitiatorPort left_;
  InitiatorPort right_;
  InitiatorPort commands_;
  ProtocolChecker left_checker_;
  Thread left_thread_;
  Thread right_thread_;
  Thread sender_;
  Thread server_;
  sc_core::sc_time end_;
  std::vector<std::uint32_t> received_;
};

TlmConfig config_of(TlmMode mode, std::uint32_t permille, std::uint32_t seed) {
  TlmConfig config;
  config.mode = mode;
  config.burst_bytes = 64;
  config.stall_permille = permille;
  config.stall_seed = seed;
  return config;
}

/// Stalls change time and nothing else, the same seed gives the same time.
void check_stalls(TlmMode mode) {
  Bench plain("plain", config_of(mode, 0, 1));
  Bench stalled("stalled", config_of(mode, 300, 1));
  Bench again("again", config_of(mode, 300, 1));
  Bench other("other", config_of(mode, 300, 2));
  Bench always("always", config_of(mode, 1000, 1));
  sc_core::sc_start();
  for (const Bench* bench : {&plain, &stalled, &again, &other, &always}) {
    REQUIRE(bench->finished());
    CHECK(bench->outcome().left == plain.outcome().left);
    CHECK(bench->outcome().right == plain.outcome().right);
    CHECK(bench->outcome().commands == plain.outcome().commands);
  }
  CHECK(stalled.outcome().end > plain.outcome().end);
  CHECK(stalled.outcome().end == again.outcome().end);
  CHECK(stalled.outcome().end != other.outcome().end);
  CHECK(always.outcome().end > stalled.outcome().end);
}

}  // namespace

TEST_CASE("loose: stalls change time and no byte") {
  check_stalls(TlmMode::kLoose);
}
TEST_CASE("approximate: stalls change time and no byte") {
  check_stalls(TlmMode::kApproximate);
}

TEST_CASE("loose and approximate give the same bytes") {
  Bench loose("loose", config_of(TlmMode::kLoose, 0, 1));
  Bench approximate("approximate", config_of(TlmMode::kApproximate, 0, 1));
  sc_core::sc_start();
  CHECK(loose.outcome().left == approximate.outcome().left);
  CHECK(loose.outcome().right == approximate.outcome().right);
  CHECK(loose.outcome().commands == approximate.outcome().commands);
}
