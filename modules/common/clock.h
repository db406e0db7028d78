#pragma once

#include <cstdint>
#include <systemc>

namespace esact {

/// A clock as arithmetic on simulated time: edges lie at whole multiples of the period, nothing toggles.
class Clock {
 public:
  /// `period_ps`: period in whole picoseconds, at least 1.
  explicit Clock(std::uint32_t period_ps) : period_(period_ps, sc_core::SC_PS) {}

  /// The clock's period.
  const sc_core::sc_time& period() const { return period_; }

  /// Number of edges at or before `time`, not counting the one at time 0.
  std::uint64_t cycle(const sc_core::sc_time& time) const { return time.value() / period_.value(); }

  /// First edge at or after `time`.
  sc_core::sc_time edge(const sc_core::sc_time& time) const {
    const std::uint64_t cycles = (time.value() + period_.value() - 1) / period_.value();
    return sc_core::sc_time::from_value(cycles * period_.value());
  }

  /// `count` periods.
  sc_core::sc_time cycles(std::uint64_t count) const { return sc_core::sc_time::from_value(count * period_.value()); }

  /// Makes the calling thread wait for `count` cycles from the first edge at or after now; no wait if that is now.
  void wait(std::uint64_t count) const { wait_until(edge(sc_core::sc_time_stamp()) + cycles(count)); }

  /// Makes the calling thread wait until `time`; returns at once if it has passed.
  static void wait_until(const sc_core::sc_time& time) {
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    if (time > now) sc_core::wait(time - now);
  }

 private:
  sc_core::sc_time period_;
};

}  // namespace esact
