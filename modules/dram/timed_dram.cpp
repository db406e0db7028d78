#include "dram/timed_dram.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace esact {
namespace {

std::uint64_t capacity(const TimedDramConfig& config, const DramController& controller) {
  if (config.bytes > controller.bytes()) {
    throw std::invalid_argument("bytes: " + std::to_string(config.bytes) + ", expected " +
                                std::to_string(controller.bytes()) + " at most, or more channels");
  }
  return config.bytes == 0 ? controller.bytes() : config.bytes;
}

}  // namespace

TimedDram::TimedDram(const sc_core::sc_module_name& name, const DramTable& table, const TimedDramConfig& config)
    : sc_core::sc_module(name),
      controller_(table, config.controller, *this),
      bytes_(capacity(config, controller_)),
      memory("memory", *this, bytes_,
             config.direct_access ? Clock(table.clock_ps).cycles(table.direct_latency) : sc_core::SC_ZERO_TIME),
      clock_(table.clock_ps),
      data_buses_(clock_, config.controller.channels) {
  SC_HAS_PROCESS(TimedDram);
  SC_METHOD(work);
  sensitive << due_;
  dont_initialize();
}

void TimedDram::start(const DramPort::Access& access) {
  catch_up();
  const tlm::tlm_generic_payload& payload = *access.payload;
  const DramCycle arrival = clock_.cycle(clock_.edge(sc_core::sc_time_stamp()));
  const std::uint32_t request =
      controller_.submit(arrival, payload.get_address(), payload.get_data_length(), payload.is_write());
  if (request >= accesses_.size()) accesses_.resize(request + 1);
  accesses_[request] = access;
  tell();
}

void TimedDram::work() {
  controller_.advance(clock_.cycle(sc_core::sc_time_stamp()));
  for (const Ended& ended : std::exchange(ended_, {})) {
    const sc_core::sc_time at = clock_.cycles(ended.end);
    if (ended.access.done != nullptr) {
      ended.access.done->notify(at - sc_core::sc_time_stamp());
    } else {
      memory.respond(ended.access.request, at);
    }
  }
  for (const DramPort::Request& request : std::exchange(entered_, {})) memory.accept(request);
  tell();
}

/// Wakes up for the controller's next event. Without an access nothing happens that anybody can see.
void TimedDram::tell() {
  if (controller_.in_flight() == 0) return;
  const sc_core::sc_time at = clock_.cycles(controller_.next());
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  due_.notify(at > now ? at - now : sc_core::SC_ZERO_TIME);
}

/// While accesses are under way, `work` keeps the controller up to date.
void TimedDram::catch_up() const {
  if (controller_.in_flight() > 0) return;
  controller_.advance(clock_.cycle(sc_core::sc_time_stamp()));
}

void TimedDram::burst(std::uint32_t request, std::uint64_t address, DramCycle end) {
  const DramTable& table = controller_.table();
  data_buses_.add(controller_.mapping().decode(address).channel, end - table.burst_cycles, end);
  const tlm::tlm_generic_payload& payload = *accesses_[request].payload;
  const std::uint64_t start = std::max<std::uint64_t>(address, payload.get_address());
  const std::uint64_t stop =
      std::min<std::uint64_t>(address + table.burst_bytes, payload.get_address() + payload.get_data_length());
  unsigned char* data = payload.get_data_ptr() + (start - payload.get_address());
  if (payload.is_read()) bytes_.read(start, data, stop - start);
  if (payload.is_write()) bytes_.write(start, data, stop - start);
}

void TimedDram::entered(std::uint32_t request) {
  if (accesses_[request].done == nullptr) entered_.push_back(accesses_[request].request);
}

void TimedDram::completed(std::uint32_t request, DramCycle end) {
  ended_.push_back({accesses_[request], end});
}

DramControllerStatistics TimedDram::controller_statistics() const {
  catch_up();
  return controller_.statistics(clock_.cycle(sc_core::sc_time_stamp()));
}

DramStatistics TimedDram::statistics() const {
  const DramControllerStatistics counted = controller_statistics();
  DramStatistics statistics;
  statistics.read_bytes = counted.read_bytes;
  statistics.write_bytes = counted.write_bytes;
  statistics.row_hits = counted.counts.row_hits;
  statistics.row_misses = counted.counts.row_misses;
  statistics.row_conflicts = counted.counts.row_conflicts;
  statistics.refreshes = counted.counts.activity.refreshes;
  const std::uint64_t busy = ledger().totals()[static_cast<std::size_t>(UnitState::kBusy)];
  statistics.busy_seconds = clock_.cycles(busy).to_seconds();
  return statistics;
}

const Ledger& TimedDram::ledger() const {
  return data_buses_.ledger();
}

void TimedDram::record_commands(std::function<void(const DramCommandRecord&)> log) {
  log_ = std::move(log);
  controller_.record_commands(true);
}

}  // namespace esact
