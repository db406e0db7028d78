#include "tlm/command_queue.h"

#include <catch2/catch.hpp>
#include <memory>

#include "protocol_checker/protocol_checker.h"
#include "thread.h"
#include "tlm/initiator_port.h"

using namespace esact;
using namespace esact::test;

namespace {

struct Record {
  std::uint32_t priority = 0;
  std::uint32_t sender = 0;
};
using Queue = CommandQueue<Record>;

const Clock kClock(1000);

std::uint64_t now() {
  return kClock.cycle(sc_core::sc_time_stamp());
}

TlmConfig config_of(TlmMode mode) {
  TlmConfig config;
  config.mode = mode;
  return config;
}

constexpr std::uint32_t kIdlePort = ~0u;  ///< "priority" of a port that no thread uses

/// A queue with a port, a checker and a thread for each priority, which sends {priority, sender} at time 0.
class Bench : public sc_core::sc_module {
 public:
  Bench(const sc_core::sc_module_name& name, TlmMode mode, std::size_t depth,
        const std::vector<std::uint32_t>& priorities)
      : sc_core::sc_module(name), queue("queue", depth) {
    for (std::uint32_t sender = 0; sender < priorities.size(); ++sender) {
      ports.push_back(std::make_unique<InitiatorPort>(sc_core::sc_gen_unique_name("port"), config_of(mode), kClock));
      checkers.push_back(std::make_unique<ProtocolChecker>(sc_core::sc_gen_unique_name("checker")));
      ports.back()->bind(checkers.back()->in);
      checkers.back()->out.bind(queue);
      if (priorities[sender] == kIdlePort) continue;
      InitiatorPort& port = *ports.back();
      const Record record{priorities[sender], sender};
      threads.push_back(std::make_unique<Thread>(sc_core::sc_gen_unique_name("sender"), [this, record, &port] {
        port.send(record);
        ended.push_back({record.sender, now()});
      }));
    }
  }
  Queue queue;
  std::vector<std::unique_ptr<InitiatorPort>> ports;
  std::vector<std::unique_ptr<ProtocolChecker>> checkers;
  std::vector<std::unique_ptr<Thread>> threads;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> ended;  // sender, cycle
};

/// Serves `count` commands in the order of arrival, 10 cycles each.
void serve_in_order(Queue& queue, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto* command = queue.take();
    kClock.wait(10);
    queue.complete(command);
  }
}

void check_senders_end_with_their_command(TlmMode mode) {
  Bench bench("bench", mode, 2, {0, 0, 0, 0});
  Thread server("server", [&] { serve_in_order(bench.queue, 4); });
  sc_core::sc_start();
  CHECK(server.finished());
  const std::vector<std::pair<std::uint32_t, std::uint64_t>> expected = {{0, 10}, {1, 20}, {2, 30}, {3, 40}};
  CHECK(bench.ended == expected);
}

void check_depth_bounds_what_waits(TlmMode mode) {
  Bench bench("bench", mode, 2, {9, 8, 1, 0});
  std::vector<std::uint32_t> order;
  Thread server("server", [&] {
    sc_core::wait(1, sc_core::SC_NS);
    CHECK(bench.queue.waiting().size() == 2);
    for (int i = 0; i < 4; ++i) {
      auto* command = bench.queue.take_first(
          [](const Queue::Command& a, const Queue::Command& b) { return a.record.priority < b.record.priority; });
      CHECK(command->arrival == sc_core::SC_ZERO_TIME);
      order.push_back(command->record.priority);
      kClock.wait(1);
      bench.queue.complete(command);
    }
    CHECK(bench.queue.empty());
  });
  sc_core::sc_start();
  CHECK(order == std::vector<std::uint32_t>{8, 1, 0, 9});
}

/// Sends one payload by hand and returns the response.
class RawInitiator : public sc_core::sc_module, public tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_initiator_socket<32> socket;
  explicit RawInitiator(const sc_core::sc_module_name& name) : sc_core::sc_module(name), socket("socket") {
    socket.bind(*this);
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time&) override {
    return phase == tlm::BEGIN_RESP ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
};

struct IllegalCase {
  tlm::tlm_command command;
  std::uint64_t address;
  unsigned length;
  unsigned streaming_width;
  bool byte_enables;
  tlm::tlm_response_status expected;
};

}  // namespace

TEST_CASE("loose: a sender's transaction ends with its command") {
  check_senders_end_with_their_command(TlmMode::kLoose);
}

TEST_CASE("approximate: a sender's transaction ends with its command") {
  check_senders_end_with_their_command(TlmMode::kApproximate);
}

TEST_CASE("loose: depth bounds the commands that wait and take_first sees only those") {
  check_depth_bounds_what_waits(TlmMode::kLoose);
}

TEST_CASE("approximate: depth bounds the commands that wait and take_first sees only those") {
  check_depth_bounds_what_waits(TlmMode::kApproximate);
}

TEST_CASE("equal commands are taken oldest first, and any one by name") {
  Bench bench("bench", TlmMode::kLoose, 4, {5, 5, 5});
  std::vector<std::uint32_t> order;
  Thread server("server", [&] {
    sc_core::wait(bench.queue.arrived());
    auto* last = bench.queue.take(bench.queue.waiting().back());
    auto* first = bench.queue.take_first(
        [](const Queue::Command& a, const Queue::Command& b) { return a.record.priority < b.record.priority; });
    auto* second = bench.queue.take(bench.queue.front());
    for (auto* command : {last, first, second}) {
      order.push_back(command->record.sender);
      bench.queue.complete(command);
    }
  });
  sc_core::sc_start();
  CHECK(order == std::vector<std::uint32_t>{2, 0, 1});
}

TEST_CASE("loose: the sender sees the status of its command") {
  Bench bench("bench", TlmMode::kLoose, 4, {kIdlePort});
  tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
  Thread sender("sender", [&] { status = bench.ports[0]->try_send(Record{}); });
  Thread server("server", [&] { bench.queue.complete(bench.queue.take(), tlm::TLM_ADDRESS_ERROR_RESPONSE); });
  sc_core::sc_start();
  CHECK(status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("approximate: one port may have several commands in the queue") {
  Bench bench("bench", TlmMode::kApproximate, 1, {kIdlePort});
  std::vector<std::unique_ptr<Thread>> senders;
  std::vector<std::uint32_t> statuses;
  for (std::uint32_t i = 0; i < 5; ++i) {
    senders.push_back(std::make_unique<Thread>(sc_core::sc_gen_unique_name("sender"), [&, i] {
      if (bench.ports[0]->try_send(Record{i, i}) == tlm::TLM_OK_RESPONSE) statuses.push_back(i);
    }));
  }
  Thread server("server", [&] { serve_in_order(bench.queue, 5); });
  sc_core::sc_start();
  CHECK(statuses == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
  CHECK(bench.checkers[0]->most_in_flight() == 4);  // one ending, one taken, one waiting, one without END_REQ
  CHECK(now() == 50);
}

TEST_CASE("what is no command gets the response of IEEE 1666") {
  const std::vector<IllegalCase> cases = {
      {tlm::TLM_READ_COMMAND, 0, 8, 8, false, tlm::TLM_COMMAND_ERROR_RESPONSE},
      {tlm::TLM_IGNORE_COMMAND, 0, 8, 8, false, tlm::TLM_COMMAND_ERROR_RESPONSE},
      {tlm::TLM_WRITE_COMMAND, 8, 8, 8, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {tlm::TLM_WRITE_COMMAND, 0, 4, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
      {tlm::TLM_WRITE_COMMAND, 0, 12, 12, false, tlm::TLM_BURST_ERROR_RESPONSE},
      {tlm::TLM_WRITE_COMMAND, 0, 8, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
      {tlm::TLM_WRITE_COMMAND, 0, 8, 8, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
  };
  Bench bench("bench", TlmMode::kLoose, 1, {});
  RawInitiator initiator("initiator");
  ProtocolChecker checker("checker");
  initiator.socket.bind(checker.in);
  checker.out.bind(bench.queue);
  MemoryManager<> manager;
  Thread thread("thread", [&] {
    for (const IllegalCase& illegal : cases) {
      for (const bool blocking : {true, false}) {
        std::uint8_t data[16] = {};
        std::uint8_t enables[16] = {};
        tlm::tlm_generic_payload& payload = manager.acquire();
        payload.set_command(illegal.command);
        payload.set_address(illegal.address);
        payload.set_data_ptr(data);
        payload.set_data_length(illegal.length);
        payload.set_streaming_width(illegal.streaming_width);
        payload.set_byte_enable_ptr(illegal.byte_enables ? enables : nullptr);
        payload.set_byte_enable_length(illegal.byte_enables ? 8 : 0);
        sc_core::sc_time delay;
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        if (blocking) {
          initiator.socket->b_transport(payload, delay);
        } else {
          initiator.socket->nb_transport_fw(payload, phase, delay);
          sc_core::wait(1, sc_core::SC_NS);
        }
        CHECK(payload.get_response_status() == illegal.expected);
        payload.set_byte_enable_ptr(nullptr);
        CHECK(payload.get_ref_count() == 1);
        payload.release();
      }
    }
  });
  sc_core::sc_start();
  CHECK(thread.finished());
  CHECK(bench.queue.empty());
}
