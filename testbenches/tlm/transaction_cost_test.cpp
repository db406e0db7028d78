#include <catch2/catch.hpp>
#include <ctime>
#include <iostream>

#include "test_memory.h"
#include "thread.h"
#include "tlm/bind.h"
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

/// Processor time of one 64-byte read that waits once, microseconds.
double host_cost(TlmMode mode, bool check = true) {
  const Clock clock(1000);
  TlmConfig config;
  config.mode = mode;
  config.check = check;
  Reader reader("reader", config, clock);
  TestMemory memory("memory", clock, 1);
  Links links(config, clock);
  links.bind(reader.port, memory.memory);
  const std::clock_t start = std::clock();
  sc_core::sc_start();
  const double microseconds = 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kTransactions;
  REQUIRE(memory.accesses == kTransactions);
  std::cout << microseconds << " us per transaction\n";
  return microseconds;
}

}  // namespace

TEST_CASE("host cost of a loose transaction", "[.cost]") {
  CHECK(host_cost(TlmMode::kLoose) < 1.0);
}
TEST_CASE("host cost of a loose transaction, unchecked", "[.cost]") {
  CHECK(host_cost(TlmMode::kLoose, false) < 1.0);
}
TEST_CASE("host cost of an approximate transaction", "[.cost]") {
  CHECK(host_cost(TlmMode::kApproximate) < 3.0);
}
TEST_CASE("host cost of an approximate transaction, unchecked", "[.cost]") {
  CHECK(host_cost(TlmMode::kApproximate, false) < 3.0);
}
