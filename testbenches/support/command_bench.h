#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <systemc>
#include <vector>

#include "common/clock.h"
#include "esact_interface/config.h"
#include "sram/address_map.h"
#include "sram/sram.h"
#include "tlm/bind.h"
#include "tlm/initiator_port.h"

namespace esact {

/// `count` uniform values of `lowest` to `highest`, the same on every run.
template <class Value>
std::vector<Value> random_values(std::size_t count, std::int64_t lowest, std::int64_t highest, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<std::int64_t> distribution(lowest, highest);
  std::vector<Value> values(count);
  for (Value& value : values) value = static_cast<Value>(distribution(generator));
  return values;
}

/// A block with a command socket beside a real SRAM, both of which the derived bench binds. Operands are placed before
/// and results fetched after the run; commands are sent at given cycles.
template <class Record>
class CommandBench : public sc_core::sc_module {
 public:
  /// How a command ended.
  struct Outcome {
    std::uint64_t cycle = 0;
    tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
  };

  static SramConfig large_sram() {
    SramConfig config;
    config.bytes = 8 << 20;
    return config;
  }

  CommandBench(const TlmConfig& tlm, sc_core::sc_module_name name)
      : sc_module(name),
        clock(2000),
        sram("sram", large_sram(), tlm, clock),
        sender("sender", tlm, clock),
        host("host", TlmConfig{}, clock),
        links(tlm, clock) {
    links.bind(host, sram.memory);
  }

  /// Address of `values`, a multiple of 64, as they will lie in SRAM when the run starts.
  template <class Value>
  std::uint64_t place(const std::vector<Value>& values) {
    const std::uint64_t address = reserve(values.size() * sizeof(Value));
    if (!values.empty()) std::memcpy(image_.data() + address, values.data(), values.size() * sizeof(Value));
    return address;
  }

  /// Address of `bytes` bytes of 0xa5.
  std::uint64_t reserve(std::size_t bytes) {
    const std::uint64_t address = (image_.size() + 63) / 64 * 64;
    image_.resize(address + bytes, 0xa5);
    return address;
  }

  template <class Value>
  std::vector<Value> fetch(std::uint64_t address, std::size_t count) {
    std::vector<Value> values(count);
    host.debug_read(address, values.data(), count * sizeof(Value));
    return values;
  }

  /// Sends `record` at the edge of `cycle`; the index of its outcome.
  std::size_t send(std::uint64_t cycle, const Record& record) {
    sends_.push_back({cycle, record});
    return sends_.size() - 1;
  }

  /// Another initiator's read of `bytes` bytes at the edge of `cycle`.
  void disturb(std::uint64_t cycle, std::size_t bytes) { disturbances_.push_back({cycle, reserve(bytes), bytes}); }

  /// Runs until nothing happens any more.
  void run() {
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    std::vector<std::uint32_t> pages(image_.size() / kPageBytes + 1);
    for (std::uint32_t page = 0; page < pages.size(); ++page) pages[page] = page;
    host.debug_write(kPageTableBase, pages.data(), pages.size() * sizeof(std::uint32_t));
    host.debug_write(0, image_.data(), image_.size());
    outcomes.resize(sends_.size());
    for (std::size_t i = 0; i < sends_.size(); ++i) {
      sc_core::sc_spawn([this, i] {
        Clock::wait_until(clock.cycles(sends_[i].cycle));
        const auto status = sender.try_send(sends_[i].record);
        outcomes[i] = {clock.cycle(sc_core::sc_time_stamp()), status};
      });
    }
    for (const Disturbance& disturbance : disturbances_) {
      sc_core::sc_spawn([this, disturbance] {
        Clock::wait_until(clock.cycles(disturbance.cycle));
        host.stream(disturbance.address, disturbance.bytes);
      });
    }
    sc_core::sc_start();
  }

  Clock clock;
  Sram sram;
  InitiatorPort sender;
  InitiatorPort host;
  Links links;
  std::vector<Outcome> outcomes;

 private:
  struct Send {
    std::uint64_t cycle;
    Record record;
  };
  struct Disturbance {
    std::uint64_t cycle;
    std::uint64_t address;
    std::size_t bytes;
  };
  std::vector<std::uint8_t> image_;
  std::vector<Send> sends_;
  std::vector<Disturbance> disturbances_;
};

}  // namespace esact
