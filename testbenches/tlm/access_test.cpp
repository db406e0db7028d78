#include <catch2/catch.hpp>

#include "raw_initiator.h"
#include "test_memory.h"
#include "thread.h"
#include "tlm/command_queue.h"
#include "tlm/initiator_port.h"
#include "tlm/interconnect.h"

using namespace esact;
using namespace esact::test;

namespace {

const Clock kClock(1000);
constexpr tlm::tlm_command kRead = tlm::TLM_READ_COMMAND;
constexpr tlm::tlm_command kWrite = tlm::TLM_WRITE_COMMAND;
constexpr tlm::tlm_command kIgnore = tlm::TLM_IGNORE_COMMAND;
constexpr std::uint64_t kTop = ~std::uint64_t{0};

/// What holds for any memory of 64 KiB at `base`.
std::vector<Access> memory_accesses(std::uint64_t base) {
  return {{"read", kRead, base + 3, 5, 5, false, tlm::TLM_OK_RESPONSE},
          {"write", kWrite, base + 0xfffc, 4, 4, false, tlm::TLM_OK_RESPONSE},
          {"wide streaming width", kRead, base, 8, 64, false, tlm::TLM_OK_RESPONSE},
          {"ignored", kIgnore, base, 64, 64, false, tlm::TLM_OK_RESPONSE},
          {"ignored, no bytes", kIgnore, base, 0, 0, false, tlm::TLM_OK_RESPONSE},
          {"read of no bytes", kRead, base, 0, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
          {"write of no bytes", kWrite, base, 0, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
          {"streaming", kWrite, base, 8, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
          {"streaming width 0", kRead, base, 8, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
          {"byte enables", kWrite, base, 8, 8, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
          {"behind the end", kRead, base + 0x10000, 1, 1, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
          {"over the end", kWrite, base + 0xfffd, 4, 4, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
          {"top of 64-bit addresses", kWrite, kTop, 1, 1, false, tlm::TLM_ADDRESS_ERROR_RESPONSE}};
}

/// Notes what reaches it and grants a part of itself as direct memory.
class GrantingTarget : public sc_core::sc_module, public tlm::tlm_fw_transport_if<> {
 public:
  tlm::tlm_target_socket<32> socket;
  std::uint64_t first = 0x100;
  std::uint64_t last = 0x1ff;
  std::uint64_t asked = 0;
  unsigned char bytes[0x100] = {};

  explicit GrantingTarget(const sc_core::sc_module_name& name) : sc_core::sc_module(name), socket("socket") {
    socket.bind(*this);
  }

 private:
  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&) override {
    return tlm::TLM_COMPLETED;
  }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) override {
    asked = payload.get_address();
    region.set_dmi_ptr(bytes);
    region.set_start_address(first);
    region.set_end_address(last);
    region.allow_read_write();
    return true;
  }
};

/// Answers over nb_transport_fw and annotates every phase with a delay.
class AnnotatingTarget : public sc_core::sc_module, public tlm::tlm_fw_transport_if<> {
 public:
  tlm::tlm_target_socket<32> socket;
  bool completes = false;  ///< TLM_COMPLETED at once, else END_REQ on the return path and then a response
  std::vector<sc_core::sc_time> arrivals;  ///< of BEGIN_REQ

  explicit AnnotatingTarget(const sc_core::sc_module_name& name) : sc_core::sc_module(name), socket("socket") {
    socket.bind(*this);
    SC_HAS_PROCESS(AnnotatingTarget);
    SC_THREAD(respond);
  }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    if (phase != tlm::BEGIN_REQ) return tlm::TLM_COMPLETED;
    arrivals.push_back(sc_core::sc_time_stamp());
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    delay = sc_core::sc_time(5, sc_core::SC_NS);
    if (completes) return tlm::TLM_COMPLETED;
    waiting_.push_back(&payload);
    arrived_.notify(sc_core::SC_ZERO_TIME);
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }

  /// BEGIN_RESP is called 6 ns after a request and takes effect 3 ns later.
  void respond() {
    while (true) {
      while (waiting_.empty()) sc_core::wait(arrived_);
      sc_core::wait(6, sc_core::SC_NS);
      tlm::tlm_phase phase = tlm::BEGIN_RESP;
      sc_core::sc_time delay(3, sc_core::SC_NS);
      socket->nb_transport_bw(*waiting_.front(), phase, delay);
      waiting_.pop_front();
    }
  }

  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }

  std::deque<tlm::tlm_generic_payload*> waiting_;
  sc_core::sc_event arrived_;
};

/// Two approximate initiators and an AnnotatingTarget.
struct AnnotatedBench : sc_core::sc_module {
  explicit AnnotatedBench(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name),
        interconnect("interconnect"),
        target("target"),
        first("first", approximate(), kClock),
        second("second", approximate(), kClock) {
    interconnect.map("target", 0x1000, 0x1000, links.path_to(target.socket, "interconnect"));
    links.bind(first, interconnect.in());
    links.bind(second, interconnect.in());
  }

  static TlmConfig approximate() {
    TlmConfig config;
    config.mode = TlmMode::kApproximate;
    return config;
  }

  Interconnect interconnect;
  AnnotatingTarget target;
  InitiatorPort first;
  InitiatorPort second;
  Links links{TlmConfig{}, kClock};
};

struct QueueBench : sc_core::sc_module {
  explicit QueueBench(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name), queue("queue", 4), initiator("initiator") {
    initiator.bind(queue);
  }
  CommandQueue<std::uint64_t> queue;
  RawInitiator initiator;
};

void run(const std::function<void()>& body) {
  Thread thread("thread", body);
  sc_core::sc_start();
  CHECK(thread.finished());
}

/// Two accesses of 4 bytes at a time through an interconnect to an AnnotatingTarget: when they reached it, and when
/// they ended, in ns.
void check_annotated(bool completes, const std::vector<double>& arrivals, const std::vector<double>& ends) {
  AnnotatedBench bench("bench");
  bench.target.completes = completes;
  std::vector<double> ended;
  const auto access = [&](InitiatorPort& port) {
    std::uint32_t data = 0;
    CHECK(port.transport(kRead, 0x1000, &data, sizeof data) == tlm::TLM_OK_RESPONSE);
    ended.push_back(sc_core::sc_time_stamp().to_seconds() * 1e9);
  };
  Thread first_thread("first_thread", [&] { access(bench.first); });
  Thread second_thread("second_thread", [&] { access(bench.second); });
  sc_core::sc_start();
  REQUIRE(bench.target.arrivals.size() == arrivals.size());
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    CHECK(bench.target.arrivals[i].to_seconds() * 1e9 == Approx(arrivals[i]));
    CHECK(ended.at(i) == Approx(ends[i]));
  }
}

}  // namespace

TEST_CASE("a memory answers every access as IEEE 1666 has it") {
  TestMemory memory("memory", kClock, 3);
  RawInitiator initiator("initiator");
  initiator.bind(memory.memory);
  run([&] { check_accesses(initiator, memory_accesses(0)); });
}

TEST_CASE("through an interconnect a memory answers alike") {
  TestMemory memory("memory", kClock, 3);
  Interconnect interconnect("interconnect");
  RawInitiator initiator("initiator");
  Links links(TlmConfig{}, kClock);
  initiator.bind(interconnect.in());
  interconnect.map("memory", std::uint64_t{1} << 40, 0x10000, links.path_to(memory.memory, "interconnect"));
  run([&] { check_accesses(initiator, memory_accesses(std::uint64_t{1} << 40)); });
}

TEST_CASE("illegal accesses neither reserve nor count") {
  TestMemory memory("memory", kClock, 3);
  RawInitiator initiator("initiator");
  initiator.bind(memory.memory);
  run([&] {
    check_accesses(initiator, {{"no bytes", kRead, 0, 0, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
                               {"streaming", kWrite, 0, 8, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
                               {"byte enables", kRead, 0, 8, 8, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE}});
    CHECK(memory.accesses == 0);
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
  });
}

TEST_CASE("a command queue takes whole records at address 0 only") {
  QueueBench bench("bench");
  RawInitiator& initiator = bench.initiator;
  run([&] {
    check_accesses(initiator, {{"read", kRead, 0, 8, 8, false, tlm::TLM_COMMAND_ERROR_RESPONSE},
                               {"ignored", kIgnore, 0, 8, 8, false, tlm::TLM_COMMAND_ERROR_RESPONSE},
                               {"elsewhere", kWrite, 8, 8, 8, false, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                               {"half", kWrite, 0, 4, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
                               {"two", kWrite, 0, 16, 16, false, tlm::TLM_BURST_ERROR_RESPONSE},
                               {"no bytes", kWrite, 0, 0, 0, false, tlm::TLM_BURST_ERROR_RESPONSE},
                               {"streaming", kWrite, 0, 8, 4, false, tlm::TLM_BURST_ERROR_RESPONSE},
                               {"byte enables", kWrite, 0, 8, 8, true, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE}});
    CHECK(bench.queue.empty());
    std::uint64_t record = 0;
    CHECK(initiator.debug(kWrite, 0, &record, sizeof record) == 0);
    CHECK(bench.queue.empty());
    check_no_direct_memory(initiator, 0, 0, kTop);
  });
}

TEST_CASE("debug accesses need no streaming width, move bytes without time and count what they moved") {
  TestMemory memory("memory", kClock, 3);
  Interconnect interconnect("interconnect");
  RawInitiator initiator("initiator");
  Links links(TlmConfig{}, kClock);
  initiator.bind(interconnect.in());
  interconnect.map("memory", 0x1000, 0x10000, links.path_to(memory.memory, "interconnect"));
  run([&] {
    auto out = pattern(64, 1);
    std::vector<std::uint8_t> back(64);
    CHECK(initiator.debug(kWrite, 0x1003, out.data(), 64) == 64);
    CHECK(initiator.debug(kRead, 0x1003, back.data(), 64) == 64);
    CHECK(back == out);
    CHECK(initiator.debug(kIgnore, 0x1003, nullptr, 64) == 0);
    CHECK(initiator.debug(kRead, 0x1003, nullptr, 0) == 0);
    CHECK(initiator.debug(kRead, 0x10fff, back.data(), 2) == 0);
    CHECK(initiator.debug(kRead, 0xfff, back.data(), 2) == 0);
    CHECK(initiator.debug(kWrite, kTop, back.data(), 2) == 0);
    CHECK(back == out);
    CHECK(memory.accesses == 0);
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
  });
}

TEST_CASE("direct memory is translated, kept within the range and invalidated for every initiator") {
  Interconnect interconnect("interconnect");
  GrantingTarget target("target");
  TestMemory memory("memory", kClock, 1);
  RawInitiator first("first"), second("second");
  first.bind(interconnect.in());
  second.bind(interconnect.in());
  Links links(TlmConfig{}, kClock);
  interconnect.map("target", 0x8000, 0x180, links.path_to(target.socket, "interconnect"));
  interconnect.map("memory", 0x10000, 0x10000, links.path_to(memory.memory, "interconnect"));
  run([&] {
    tlm::tlm_dmi region;
    CHECK(first.direct_memory(0x8120, region));
    CHECK(target.asked == 0x120);
    CHECK(region.get_dmi_ptr() == target.bytes);
    CHECK(region.get_start_address() == 0x8100);
    CHECK(region.get_end_address() == 0x817f);
    CHECK(region.is_read_write_allowed());
    check_no_direct_memory(first, 0x12345, 0x10000, 0x1ffff);
    check_no_direct_memory(first, 0x9000, 0x9000, 0x9000);
    target.socket->invalidate_direct_mem_ptr(0x10, kTop);
    target.socket->invalidate_direct_mem_ptr(0x180, kTop);
    const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected = {{0x8010, 0x817f}};
    CHECK(first.invalidated == expected);
    CHECK(second.invalidated == expected);
  });
}

TEST_CASE("the interconnect keeps the annotated delays of END_REQ and BEGIN_RESP") {
  check_annotated(false, {0, 5}, {9, 15});
}

TEST_CASE("the interconnect keeps the annotated delay of a target that completes at once") {
  check_annotated(true, {0, 5}, {5, 10});
}
