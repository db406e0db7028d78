#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

namespace esact::platform {

/// Seconds of a clock that never goes back.
using Seconds = std::function<double()>;

/// The host's monotonic clock.
double monotonic_seconds();

/// True if standard error is a terminal.
bool standard_error_is_terminal();

/// A bar with the time that is left, on one line of a terminal: "[#####-----]  50 %  3/6 layers, 2 s left". Where
/// `visible` is false (a pipe, --quiet) nothing is written.
class ProgressBar {
 public:
  /// `total` steps of `unit` ("layers") lie ahead.
  ProgressBar(std::ostream& stream, bool visible, std::uint64_t total, std::string unit,
              Seconds clock = monotonic_seconds);

  /// `done` steps are behind.
  void update(std::uint64_t done);

  /// Removes the bar, so that the next text starts on an empty line.
  void clear();

 private:
  std::ostream& stream_;
  bool visible_;
  std::uint64_t total_;
  std::string unit_;
  Seconds clock_;
  double start_;
  bool shown_ = false;
};

}  // namespace esact::platform
