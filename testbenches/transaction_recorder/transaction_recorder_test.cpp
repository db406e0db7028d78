#include "transaction_recorder/transaction_recorder.h"

#include <catch2/catch.hpp>
#include <functional>
#include <vector>

#include "protocol_checker/protocol_checker.h"

using namespace esact;

namespace {

using Phase = TransactionPhase;
using Bytes = std::vector<unsigned char>;

sc_core::sc_time nanoseconds(double count) {
  return {count, sc_core::SC_NS};
}

/// Keeps copies of what events point to.
struct Listener : TransactionListener {
  struct Entry {
    TransactionEvent event;
    Bytes byte_enables;
    Bytes data;
  };
  std::vector<Entry> entries;

  std::optional<std::uint32_t> number(const std::string&) override { return 0; }
  void write(const TransactionEvent& event) override {
    Entry entry{event, {}, {}};
    if (event.byte_enables) {
      entry.byte_enables.assign(event.byte_enables, event.byte_enables + event.byte_enable_length);
    }
    if (event.data) entry.data.assign(event.data, event.data + event.length);
    entries.push_back(entry);
  }
};

struct Payload : tlm::tlm_generic_payload, tlm::tlm_mm_interface {
  Payload(tlm::tlm_command command, std::uint64_t address, Bytes& data) {
    set_mm(this);
    acquire();
    set_command(command);
    set_address(address);
    set_data_ptr(data.data());
    set_data_length(static_cast<unsigned>(data.size()));
    set_streaming_width(static_cast<unsigned>(data.size()));
  }
  void free(tlm::tlm_generic_payload*) override {}
};

/// What a call of the non-blocking interface returned, or is to return.
struct Answer {
  tlm::tlm_sync_enum sync = tlm::TLM_ACCEPTED;
  tlm::tlm_phase phase = tlm::UNINITIALIZED_PHASE;
  sc_core::sc_time delay;

  bool operator==(const Answer& other) const {
    return sync == other.sync && phase == other.phase && delay == other.delay;
  }
};

/// A target that answers as it is told and moves the address as an interconnect does.
struct Target : sc_core::sc_module, tlm::tlm_fw_transport_if<> {
  tlm::tlm_target_socket<32> socket{"socket"};
  Answer answer;
  unsigned char fill = 0x5a;
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  std::vector<tlm::tlm_phase> phases;
  bool grants = true;

  explicit Target(const sc_core::sc_module_name& name) : sc_module(name) { socket.bind(*this); }

  void serve(tlm::tlm_generic_payload& payload) {
    payload.set_address(payload.get_address() + 0x1000);
    if (payload.is_read()) std::fill_n(payload.get_data_ptr(), payload.get_data_length(), fill);
    payload.set_response_status(status);
  }
  tlm::tlm_sync_enum respond(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase, sc_core::sc_time delay) {
    return socket->nb_transport_bw(payload, phase, delay);
  }

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    serve(payload);
    sc_core::wait(nanoseconds(3));
    delay += nanoseconds(4);
  }
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    phases.push_back(phase);
    if (phase == tlm::END_RESP) return tlm::TLM_COMPLETED;
    if (answer.sync != tlm::TLM_ACCEPTED) {
      if (answer.sync == tlm::TLM_COMPLETED || answer.phase == tlm::BEGIN_RESP) serve(payload);
      phase = answer.phase;
      delay += answer.delay;
    }
    return answer.sync;
  }
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) override {
    return payload.get_address() >= 0x800 ? 0 : payload.get_data_length();
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& region) override {
    if (!grants) return false;
    region.set_start_address(0x100);
    region.set_end_address(0x1ff);
    region.set_dmi_ptr(&fill);
    region.allow_read_write();
    return true;
  }
};

/// An initiator that answers responses as it is told.
struct Initiator : sc_core::sc_module, tlm::tlm_bw_transport_if<> {
  tlm::tlm_initiator_socket<32> socket{"socket"};
  Answer answer;
  std::vector<tlm::tlm_phase> phases;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;

  explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) { socket.bind(*this); }

  Answer send(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase, sc_core::sc_time delay) {
    const tlm::tlm_sync_enum sync = socket->nb_transport_fw(payload, phase, delay);
    return {sync, phase, delay};
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    phases.push_back(phase);
    if (phase != tlm::BEGIN_RESP || answer.sync == tlm::TLM_ACCEPTED) return tlm::TLM_ACCEPTED;
    phase = answer.phase;
    delay += answer.delay;
    return answer.sync;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override {
    invalidated.emplace_back(first, last);
  }
};

/// A recorded link between the two, checked on both sides of the recorder, and a process on it.
struct Bench : sc_core::sc_module {
  Listener listener;
  Initiator initiator{"initiator"};
  Target target{"target"};
  ProtocolChecker before{"before"};
  TransactionRecorder recorder{"recorder", listener, 7};
  ProtocolChecker after{"after"};

  explicit Bench(const std::function<void(Bench&)>& body) : sc_module(sc_core::sc_module_name("bench")) {
    initiator.socket.bind(before.in);
    before.out.bind(recorder.in);
    recorder.out.bind(after.in);
    after.out.bind(target.socket);
    sc_core::sc_spawn([this, body] {
      body(*this);
      finished_ = true;
    });
    sc_core::sc_start();
    REQUIRE(finished_);
  }

 private:
  bool finished_ = false;
};

/// Phases with their times in nanoseconds.
using Times = std::vector<std::pair<Phase, std::uint64_t>>;

Times times(const Listener& listener) {
  Times result;
  for (const auto& entry : listener.entries) result.emplace_back(entry.event.phase, entry.event.time_ps / 1000);
  return result;
}

}  // namespace

TEST_CASE("a blocking transaction is a begin and an end with their delays and data") {
  Bench([](Bench& bench) {
    sc_core::wait(nanoseconds(10));
    Bytes data{1, 2, 3, 4}, enables{0xff, 0};
    Payload write(tlm::TLM_WRITE_COMMAND, 0x40, data), read(tlm::TLM_READ_COMMAND, 0x80, data),
        failed(tlm::TLM_READ_COMMAND, 0x80, data), ignored(tlm::TLM_IGNORE_COMMAND, 0x80, data);
    write.set_byte_enable_ptr(enables.data());
    write.set_byte_enable_length(2);
    sc_core::sc_time delay = nanoseconds(1);
    bench.initiator.socket->b_transport(write, delay);
    CHECK(delay == nanoseconds(5));
    for (Payload* payload : {&read, &failed, &ignored}) {
      bench.target.status = payload == &failed ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE;
      delay = sc_core::SC_ZERO_TIME;
      bench.initiator.socket->b_transport(*payload, delay);
    }

    const auto& entries = bench.listener.entries;
    CHECK(times(bench.listener) == Times{{Phase::kBlockingBegin, 11},
                                         {Phase::kBlockingEnd, 18},
                                         {Phase::kBlockingBegin, 13},
                                         {Phase::kBlockingEnd, 20},
                                         {Phase::kBlockingBegin, 16},
                                         {Phase::kBlockingEnd, 23},
                                         {Phase::kBlockingBegin, 19},
                                         {Phase::kBlockingEnd, 26}});
    for (std::size_t index = 0; index < entries.size(); ++index) {
      const TransactionEvent& event = entries[index].event;
      CHECK(event.socket == 7);
      CHECK(event.transaction == index / 2);
      CHECK(event.address == (index < 2 ? 0x40 : 0x80));  // as sent, not as the target left it
      CHECK(event.length == 4);
      CHECK(event.streaming_width == 4);
      CHECK(event.response == (index % 2 == 0 ? tlm::TLM_INCOMPLETE_RESPONSE
                               : index == 5   ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                                              : tlm::TLM_OK_RESPONSE));
      CHECK(entries[index].byte_enables == (index == 0 ? enables : Bytes{}));
    }
    CHECK(entries[0].data == Bytes{1, 2, 3, 4});
    CHECK(entries[3].data == Bytes(4, 0x5a));
    for (std::size_t index : {1, 2, 4, 5, 6, 7}) CHECK(entries[index].data.empty());
  });
}

namespace {

/// A way through the phases, and what is recorded of it.
struct Way {
  const char* name;
  Answer to_request;
  bool sends_end_request;
  Answer to_response;
  Times expected;
};

const Answer kAccepted;
const Answer kEndRequestReturned{tlm::TLM_UPDATED, tlm::END_REQ, nanoseconds(1)};
const Answer kResponseReturned{tlm::TLM_UPDATED, tlm::BEGIN_RESP, nanoseconds(2)};
const Answer kRequestCompleted{tlm::TLM_COMPLETED, tlm::BEGIN_REQ, nanoseconds(3)};
const Answer kEndResponseReturned{tlm::TLM_UPDATED, tlm::END_RESP, nanoseconds(4)};
const Answer kResponseCompleted{tlm::TLM_COMPLETED, tlm::BEGIN_RESP, nanoseconds(5)};

std::vector<Way> ways() {
  const auto begin = std::make_pair(Phase::kBeginRequest, std::uint64_t{2});  // sent with a delay of 2 ns
  const auto end_request = [](std::uint64_t at) { return std::make_pair(Phase::kEndRequest, at); };
  const auto response = [](std::uint64_t at) { return std::make_pair(Phase::kBeginResponse, at); };
  const auto end = [](std::uint64_t at) { return std::make_pair(Phase::kEndResponse, at); };
  return {
      {"four calls", kAccepted, true, kAccepted, {begin, end_request(10), response(20), end(30)}},
      {"END_REQ returned", kEndRequestReturned, false, kAccepted, {begin, end_request(3), response(20), end(30)}},
      {"no END_REQ", kAccepted, false, kAccepted, {begin, response(20), end(30)}},
      {"END_RESP returned", kAccepted, true, kEndResponseReturned, {begin, end_request(10), response(20), end(24)}},
      {"completed by initiator", kAccepted, true, kResponseCompleted, {begin, end_request(10), response(20), end(25)}},
      {"BEGIN_RESP returned", kResponseReturned, false, kAccepted, {begin, response(4), end(30)}},
      {"completed by target", kRequestCompleted, false, kAccepted, {begin, end(5)}},
  };
}

/// Takes a transaction along a way; both sides see the same as without a recorder.
void follow(Bench& bench, const Way& way, tlm::tlm_generic_payload& payload) {
  bench.target.answer = way.to_request;
  bench.initiator.answer = way.to_response;
  const Answer to_request = bench.initiator.send(payload, tlm::BEGIN_REQ, nanoseconds(2));
  Answer expected = way.to_request;
  if (expected.sync == tlm::TLM_ACCEPTED) expected.phase = tlm::BEGIN_REQ;
  expected.delay += nanoseconds(2);
  CHECK(to_request == expected);
  if (to_request.sync == tlm::TLM_COMPLETED) return;

  sc_core::wait(nanoseconds(10));
  if (way.sends_end_request) bench.target.respond(payload, tlm::END_REQ, sc_core::SC_ZERO_TIME);
  sc_core::wait(nanoseconds(10));
  if (to_request.phase != tlm::BEGIN_RESP) {
    bench.target.serve(payload);
    CHECK(bench.target.respond(payload, tlm::BEGIN_RESP, sc_core::SC_ZERO_TIME) == way.to_response.sync);
    if (way.to_response.sync != tlm::TLM_ACCEPTED) return;
  }
  sc_core::wait(nanoseconds(10));
  bench.initiator.send(payload, tlm::END_RESP, sc_core::SC_ZERO_TIME);
}

}  // namespace

TEST_CASE("every way through the phases is recorded with its times, once each") {
  Bench([](Bench& bench) {
    std::uint64_t transaction = 0;
    for (const Way& way : ways()) {
      INFO(way.name);
      bench.listener.entries.clear();
      const std::uint64_t start = sc_core::sc_time_stamp().value() / 1000;
      Bytes data(8);
      Payload payload(tlm::TLM_READ_COMMAND, 0x40, data);
      follow(bench, way, payload);
      Times expected = way.expected;
      for (auto& [phase, at] : expected) at += start;
      CHECK(times(bench.listener) == expected);
      std::size_t with_data = 0;
      for (const auto& entry : bench.listener.entries) {
        CHECK(entry.event.transaction == transaction);
        CHECK(entry.event.address == 0x40);
        if (entry.data.empty()) continue;
        ++with_data;
        CHECK(entry.data == Bytes(8, 0x5a));
        CHECK(entry.event.response == tlm::TLM_OK_RESPONSE);
      }
      CHECK(with_data == 1);
      CHECK(bench.listener.entries.back().event.response == tlm::TLM_OK_RESPONSE);
      ++transaction;
    }
  });
}

TEST_CASE("transactions in flight together keep their numbers") {
  Bench([](Bench& bench) {
    bench.target.answer = kEndRequestReturned;
    Bytes data(4);
    Payload first(tlm::TLM_WRITE_COMMAND, 0x10, data), second(tlm::TLM_WRITE_COMMAND, 0x20, data);
    for (Payload* payload : {&first, &second}) {
      bench.initiator.send(*payload, tlm::BEGIN_REQ, sc_core::SC_ZERO_TIME);
    }
    sc_core::wait(kEndRequestReturned.delay);
    for (Payload* payload : {&second, &first}) {
      bench.target.serve(*payload);
      bench.target.respond(*payload, tlm::BEGIN_RESP, sc_core::SC_ZERO_TIME);
      bench.initiator.send(*payload, tlm::END_RESP, sc_core::SC_ZERO_TIME);
    }
    std::vector<std::uint64_t> transactions;
    for (const auto& entry : bench.listener.entries) {
      transactions.push_back(entry.event.transaction);
      CHECK(entry.event.address == (entry.event.transaction == 0 ? 0x10 : 0x20));
    }
    CHECK(transactions == std::vector<std::uint64_t>{0, 0, 1, 1, 1, 1, 0, 0});
  });
}

TEST_CASE("debug accesses and direct memory are recorded and pass unchanged") {
  Bench([](Bench& bench) {
    Bytes data{9, 8, 7};
    Payload good(tlm::TLM_WRITE_COMMAND, 0x10, data), outside(tlm::TLM_READ_COMMAND, 0x800, data);
    CHECK(bench.initiator.socket->transport_dbg(good) == 3);
    CHECK(bench.initiator.socket->transport_dbg(outside) == 0);
    Payload direct(tlm::TLM_WRITE_COMMAND, 0x110, data);
    tlm::tlm_dmi granted, denied;
    CHECK(bench.initiator.socket->get_direct_mem_ptr(direct, granted));
    CHECK(granted.get_start_address() == 0x100);
    CHECK(granted.get_end_address() == 0x1ff);
    bench.target.grants = false;
    CHECK_FALSE(bench.initiator.socket->get_direct_mem_ptr(direct, denied));
    bench.target.socket->invalidate_direct_mem_ptr(0x120, 0x12f);
    CHECK(bench.initiator.invalidated == decltype(bench.initiator.invalidated){{0x120, 0x12f}});

    struct Expected {
      Phase phase;
      std::uint64_t address, length;
      std::uint32_t moved;
      tlm::tlm_response_status response;
      Bytes data;
    };
    const std::vector<Expected> expected{
        {Phase::kDebug, 0x10, 3, 3, tlm::TLM_OK_RESPONSE, data},
        {Phase::kDebug, 0x800, 3, 0, tlm::TLM_GENERIC_ERROR_RESPONSE, {}},
        {Phase::kDirectMemoryGranted, 0x100, 0x100, 0, tlm::TLM_OK_RESPONSE, {}},
        {Phase::kDirectMemoryDenied, 0, ~std::uint64_t{0}, 0, tlm::TLM_GENERIC_ERROR_RESPONSE, {}},
        {Phase::kDirectMemoryInvalidated, 0x120, 0x10, 0, tlm::TLM_OK_RESPONSE, {}},
    };
    REQUIRE(bench.listener.entries.size() == expected.size());
    for (std::size_t index = 0; index < expected.size(); ++index) {
      const auto& [event, byte_enables, bytes] = bench.listener.entries[index];
      INFO(index);
      CHECK(event.phase == expected[index].phase);
      CHECK(event.transaction == index);
      CHECK(event.address == expected[index].address);
      CHECK(event.length == expected[index].length);
      CHECK(event.streaming_width == expected[index].moved);
      CHECK(event.response == expected[index].response);
      CHECK(bytes == expected[index].data);
    }
  });
}
