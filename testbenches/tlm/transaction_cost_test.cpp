#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "test_memory.h"
#include "thread.h"
#include "tlm/initiator_port.h"

using namespace esact;
using namespace esact::test;

namespace {

constexpr int kTransactions = 200000;

class Reader : public sc_core::sc_module {
 public:
  InitiatorPort port;
  Reader(const sc_core::sc_module_name& name, const TlmConfig& config, const Clock& clock)
      : sc_core::sc_module(name), port("port", config, clock, 64), thread_("thread", [this] { read(); }) {}

 private:
  void read() {
    std::uint8_t data[64] = {};
    for (int i = 0; i < kTransactions; ++i) port.read(64 * (i % 1000), data, sizeof(data));
  }
  Thread thread_;
};

/// Host time of one 64-byte transaction, microseconds.
double host_cost(TlmMode mode) {
  const Clock clock(1000);
  TlmConfig config;
  config.mode = mode;
  Reader reader("reader", config, clock);
  TestMemory memory("memory", clock, 1);
  reader.port.bind(memory.memory);
  const auto start = std::chrono::steady_clock::now();
  sc_core::sc_start();
  const std::chrono::duration<double, std::micro> elapsed = std::chrono::steady_clock::now() - start;
  REQUIRE(memory.accesses == kTransactions);
  std::cout << elapsed.count() / kTransactions << " us per transaction\n";
  return elapsed.count() / kTransactions;
}

}  // namespace

TEST_CASE("host cost of a loose transaction", "[.cost]") {
  CHECK(host_cost(TlmMode::kLoose) < 1.0);
}
TEST_CASE("host cost of an approximate transaction", "[.cost]") {
  CHECK(host_cost(TlmMode::kApproximate) < 3.0);
}
