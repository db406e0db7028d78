#include "platforms/common/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace esact::platform {
namespace {

constexpr std::uint64_t kBarWidth = 30;
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool standard_error_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

ProgressBar::ProgressBar(std::ostream& stream, bool visible, std::uint64_t total, std::string unit, Seconds clock)
    : stream_(stream),
      visible_(visible && total > 0),
      total_(total),
      unit_(std::move(unit)),
      clock_(std::move(clock)),
      start_(clock_()) {}

void ProgressBar::update(std::uint64_t done) {
  if (!visible_) return;
  done = std::min(done, total_);
  const std::uint64_t filled = done * kBarWidth / total_;
  std::string left;
  if (done > 0 && done < total_) {
    const double seconds = (clock_() - start_) * static_cast<double>(total_ - done) / static_cast<double>(done);
    left = fmt::format(", {:.0f} s left", seconds);
  }
  stream_ << fmt::format("{}[{:#<{}}{:-<{}}] {:>3} %  {}/{} {}{}", kEraseLine, "", filled, "", kBarWidth - filled,
                         100 * done / total_, done, total_, unit_, left)
          << std::flush;
  shown_ = true;
}

void ProgressBar::clear() {
  if (shown_) stream_ << kEraseLine << std::flush;
  shown_ = false;
}

}  // namespace esact::platform
