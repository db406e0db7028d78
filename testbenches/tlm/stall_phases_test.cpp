#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <memory>

#include "protocol_checker/protocol_checker.h"
#include "raw_initiator.h"
#include "test_memory.h"
#include "thread.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"
#include "tlm/interconnect.h"
#include "tlm/stall_injector.h"
#include "transaction_recorder/transaction_recorder.h"

using namespace esact;
using namespace esact::test;

namespace {

const Clock kClock(1000);
constexpr std::uint32_t kStallCycles = 7;

TlmConfig approximate(std::uint32_t permille, std::uint32_t outstanding) {
  TlmConfig config;
  config.mode = TlmMode::kApproximate;
  config.burst_bytes = 64;
  config.outstanding = outstanding;
  config.stall_permille = permille;
  config.stall_cycles = kStallCycles;
  return config;
}

/// Time of each phase of each transaction, in cycles.
struct PhaseTimes : TransactionListener {
  std::map<std::uint64_t, std::map<TransactionPhase, std::uint64_t>> transactions;

  std::optional<std::uint32_t> number(const std::string&) override { return 0; }
  void write(const TransactionEvent& event) override {
    transactions[event.transaction][event.phase] = event.time_ps / 1000;
  }
};

/// An injector with a recorder and a checker towards either side.
struct StalledLink : sc_core::sc_module {
  PhaseTimes before;
  PhaseTimes after;
  ProtocolChecker in{"in"};
  TransactionRecorder recorder_before{"recorder_before", before, 0};
  StallInjector injector;
  TransactionRecorder recorder_after{"recorder_after", after, 0};
  ProtocolChecker out{"out"};

  StalledLink(const sc_core::sc_module_name& name, const TlmConfig& config, std::uint64_t link)
      : sc_module(name), injector("injector", config, kClock, link) {
    in.out.bind(recorder_before.in);
    recorder_before.out.bind(injector.in);
    injector.out.bind(recorder_after.in);
    recorder_after.out.bind(out.in);
  }
};

/// A memory that ends transactions in every way that the base protocol knows, one after another: all phases as calls,
/// END_REQ returned, no END_REQ, BEGIN_RESP returned, completed at once; each with a delay or without.
class FickleMemory : public sc_core::sc_module, public tlm::tlm_fw_transport_if<> {
 public:
  tlm::tlm_target_socket<32> memory{"memory"};
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(1 << 16);
  std::array<unsigned, 5> ways{};

  explicit FickleMemory(const sc_core::sc_module_name& name) : sc_module(name), thread_("thread", [this] { serve(); }) {
    memory.bind(*this);
  }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    if (phase == tlm::END_RESP) {
      payload.release();
      responding_ = false;
      progress_.notify(delay);
      return tlm::TLM_COMPLETED;
    }
    const sc_core::sc_time after = count_ % 2 == 1 ? kClock.cycles(2) : sc_core::SC_ZERO_TIME;
    unsigned way = (count_ + count_ / 5) % 5;  // so that the first burst of an access goes every way, too
    ++count_;
    if (way >= 3 && (responding_ || !waiting_.empty())) way = 0;
    ++ways[way];
    if (way == 4) {
      access(payload);
      delay += after;
      return tlm::TLM_COMPLETED;
    }
    payload.acquire();
    if (way == 3) {
      access(payload);
      responding_ = true;
      phase = tlm::BEGIN_RESP;
      delay += after;
      return tlm::TLM_UPDATED;
    }
    waiting_.push_back({&payload, way == 0});
    progress_.notify(delay + after);
    if (way != 1) return tlm::TLM_ACCEPTED;
    phase = tlm::END_REQ;
    delay += after;
    return tlm::TLM_UPDATED;
  }

  void serve() {
    while (true) {
      while (waiting_.empty()) sc_core::wait(progress_);
      const auto [payload, ends_request] = waiting_.front();
      kClock.wait(1);
      if (ends_request) send(*payload, tlm::END_REQ);
      kClock.wait(2);
      while (responding_) sc_core::wait(progress_);
      waiting_.pop_front();
      access(*payload);
      responding_ = true;
      send(*payload, tlm::BEGIN_RESP);
    }
  }

  /// The injector never answers on the return path.
  void send(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase) {
    sc_core::sc_time delay;
    CHECK(memory->nb_transport_bw(payload, phase, delay) == tlm::TLM_ACCEPTED);
  }

  void access(tlm::tlm_generic_payload& payload) {
    std::uint8_t* place = bytes.data() + payload.get_address();
    if (payload.is_read()) std::memcpy(payload.get_data_ptr(), place, payload.get_data_length());
    if (payload.is_write()) std::memcpy(place, payload.get_data_ptr(), payload.get_data_length());
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    payload.set_dmi_allowed(true);
  }

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) override { access(payload); }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return true; }

  std::deque<std::pair<tlm::tlm_generic_payload*, bool>> waiting_;
  bool responding_ = false;
  unsigned count_ = 0;
  sc_core::sc_event progress_;
  Thread thread_;
};

/// Writes and reads back 300 bytes at 20 places of `base`, in five bursts, with time for the target to be idle between.
void exercise(InitiatorPort& port, std::uint64_t base) {
  for (std::uint32_t round = 0; round < 20; ++round) {
    const auto out = pattern(300, round + static_cast<std::uint32_t>(base));
    std::vector<std::uint8_t> back(out.size());
    port.write(base + 320 * round, out.data(), out.size());
    kClock.wait(3 * kStallCycles);
    port.read(base + 320 * round, back.data(), back.size());
    kClock.wait(3 * kStallCycles);
    CHECK(back == out);
  }
}

/// A port that exercises a memory over a stalled link.
template <class Memory>
struct MemoryBench : sc_core::sc_module {
  StalledLink link;
  Memory memory;
  InitiatorPort port;
  Thread thread{"thread", [this] { exercise(port, 0); }};

  template <class... Arguments>
  MemoryBench(const sc_core::sc_module_name& name, const TlmConfig& config, Arguments... arguments)
      : sc_module(name), link("link", config, 0), memory("memory", arguments...), port("port", config, kClock) {
    port.bind(link.in.in);
    link.out.out.bind(memory.memory);
  }
};

struct Held {
  TransactionPhase phase;
  const char* name;
  bool forward;  ///< from the initiator to the target
};
const Held kHeld[] = {{TransactionPhase::kBeginRequest, "BEGIN_REQ", true},
                      {TransactionPhase::kEndRequest, "END_REQ", false},
                      {TransactionPhase::kBeginResponse, "BEGIN_RESP", false},
                      {TransactionPhase::kEndResponse, "END_RESP", true}};

}  // namespace

TEST_CASE("each of the four phases is held back by 1 to stall_cycles cycles") {
  MemoryBench<TestMemory> bench("bench", approximate(1000, 4), kClock, 3, 1);
  StalledLink& link = bench.link;
  sc_core::sc_start();

  REQUIRE(bench.thread.finished());
  CHECK(link.in.completed() == 20 * 2 * 5);  // 300 bytes in bursts of 64
  CHECK(link.out.completed() == link.in.completed());
  for (const Held& held : kHeld) {
    INFO(held.name);
    std::array<unsigned, kStallCycles + 1> cycles{};
    for (auto& [transaction, times] : link.before.transactions) {
      if (times.count(held.phase) == 0) continue;  // END_REQ that came so late that BEGIN_RESP stood for it
      const std::uint64_t before = times[held.phase], after = link.after.transactions[transaction][held.phase];
      const std::uint64_t stall = held.forward ? after - before : before - after;
      REQUIRE(stall >= 1);
      REQUIRE(stall <= kStallCycles);
      ++cycles[stall];
    }
    for (std::uint32_t stall = 1; stall <= kStallCycles; ++stall) CHECK(cycles[stall] > 0);
  }
}

TEST_CASE("a target that ends transactions in every way gets and gives the same bytes through stalls") {
  std::vector<std::unique_ptr<MemoryBench<FickleMemory>>> benches;
  for (const std::uint32_t permille : {0, 300, 1000}) {
    for (const std::uint32_t outstanding : {1, 4}) {
      benches.push_back(std::make_unique<MemoryBench<FickleMemory>>(sc_core::sc_gen_unique_name("bench"),
                                                                    approximate(permille, outstanding)));
    }
  }
  sc_core::sc_start();
  for (const auto& bench : benches) {
    REQUIRE(bench->thread.finished());
    CHECK(bench->link.in.in_flight() == 0);
    CHECK(bench->link.out.in_flight() == 0);
    CHECK(bench->memory.bytes == benches.front()->memory.bytes);
    for (const unsigned count : bench->memory.ways) CHECK(count > 0);
  }
}

TEST_CASE("queues of one entry behind stalled links of an interconnect do not deadlock") {
  struct Bench : sc_core::sc_module {
    std::deque<StalledLink> links;
    Interconnect interconnect{"interconnect"};
    TestMemory memory{"memory", kClock, 3, 1};
    CommandQueue<std::uint32_t> queue{"queue", 1};
    InitiatorPort left, right, commands;
    std::vector<std::uint32_t> received;
    Thread left_thread{"left_thread", [this] { exercise(left, 0); }};
    Thread right_thread{"right_thread", [this] { exercise(right, 0x4000); }};
    Thread sender{"sender", [this] {
                    for (std::uint32_t i = 0; i < 20; ++i) commands.send(i);
                  }};
    Thread server{"server", [this] {
                    while (received.size() < 20) {
                      auto* command = queue.take();
                      received.push_back(command->record);
                      kClock.wait(2);
                      queue.complete(command);
                    }
                  }};

    Bench(const sc_core::sc_module_name& name, const TlmConfig& config)
        : sc_module(name),
          left("left", config, kClock),
          right("right", config, kClock),
          commands("commands", config, kClock) {
      for (std::uint64_t link = 0; link < 4; ++link) {
        links.emplace_back(sc_core::sc_gen_unique_name("link"), config, link);
      }
      left.bind(links[0].in.in);
      right.bind(links[1].in.in);
      commands.bind(links[2].in.in);
      links[0].out.out.bind(interconnect.in());
      links[1].out.out.bind(interconnect.in());
      links[2].out.out.bind(queue);
      interconnect.map("memory", 0, memory.bytes.size(), links[3].in.in);
      links[3].out.out.bind(memory.memory);
    }
  };
  std::vector<std::unique_ptr<Bench>> benches;
  for (const std::uint32_t permille : {0, 100, 300, 1000}) {
    for (const std::uint32_t outstanding : {1, 4}) {
      benches.push_back(
          std::make_unique<Bench>(sc_core::sc_gen_unique_name("bench"), approximate(permille, outstanding)));
    }
  }
  sc_core::sc_start();
  for (const auto& bench : benches) {
    for (const Thread* thread : {&bench->left_thread, &bench->right_thread, &bench->sender, &bench->server}) {
      REQUIRE(thread->finished());
    }
    CHECK(bench->memory.bytes == benches.front()->memory.bytes);
    CHECK(bench->received == benches.front()->received);
    for (const StalledLink& link : bench->links) CHECK(link.in.in_flight() + link.out.in_flight() == 0);
  }
}

TEST_CASE("equal seeds give equal stalls") {
  TlmConfig configs[] = {approximate(500, 4), approximate(500, 4), approximate(500, 4)};
  configs[1].mode = TlmMode::kLoose;
  configs[2].stall_seed = 2;
  using Bench = MemoryBench<TestMemory>;
  std::vector<std::unique_ptr<Bench>> benches;
  for (const TlmConfig& config : configs) {
    for (int copy = 0; copy < 2; ++copy) {
      benches.push_back(std::make_unique<Bench>(sc_core::sc_gen_unique_name("bench"), config, kClock, 3, 1));
    }
  }
  sc_core::sc_start();
  for (std::size_t index = 0; index < benches.size(); index += 2) {
    CHECK(benches[index]->thread.finished());
    CHECK(benches[index]->link.before.transactions == benches[index + 1]->link.before.transactions);
    CHECK(benches[index]->link.after.transactions == benches[index + 1]->link.after.transactions);
  }
  CHECK_FALSE(benches[0]->link.before.transactions == benches[4]->link.before.transactions);
}

TEST_CASE("a stalled link grants no direct memory and hints at none") {
  MemoryManager<> payloads;
  StalledLink link("link", approximate(500, 1), 0);
  FickleMemory memory("memory");
  RawInitiator initiator("initiator");
  initiator.socket.bind(link.in.in);
  link.out.out.bind(memory.memory);
  Thread thread("thread", [&] {
    std::uint8_t byte = 1;
    for (const bool blocking : {true, false}) {
      tlm::tlm_generic_payload& payload = payloads.acquire();
      payload.set_write();
      payload.set_data_ptr(&byte);
      payload.set_data_length(1);
      payload.set_streaming_width(1);
      blocking ? initiator.block(payload) : initiator.phases(payload);
      CHECK(payload.is_response_ok());
      CHECK_FALSE(payload.is_dmi_allowed());
      payload.release();
    }
    check_no_direct_memory(initiator, 0, 0, ~std::uint64_t{0});
  });
  sc_core::sc_start();
  CHECK(thread.finished());
}
