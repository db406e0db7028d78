#pragma once

#include <cstdint>

namespace esact {

/// In which order the bursts that wait for a bank are served.
enum class DramScheduler : std::uint8_t {
  kFrFcfs,  ///< the oldest that hits the open row, else the oldest
  kFifo     ///< the oldest
};

/// What happens to a row after an access.
enum class DramPagePolicy : std::uint8_t {
  kOpen,     ///< it stays open
  kClosed,   ///< it is closed by auto-precharge
  kAdaptive  ///< it is closed if another row of the bank is waited for and this one is not
};

/// How a controller works, whatever DRAM it drives.
struct DramControllerConfig {
  DramScheduler scheduler = DramScheduler::kFrFcfs;
  DramPagePolicy page_policy = DramPagePolicy::kOpen;
  bool refresh = true;                ///< all-bank refresh; false: none
  std::uint32_t queue_depth = 8;      ///< bursts that wait for a bank, reads and writes together
  std::uint32_t channels = 1;         ///< a power of two
  std::uint32_t pipeline_cycles = 1;  ///< from a request's arrival to the first cycle in which it can be served
  std::uint32_t request_bytes = 64;  ///< aligned block that enters the queues of a channel in one cycle; a power of two
  std::uint32_t interleave_bits = 8;  ///< channels alternate every 2 to this many bytes where the mapping names none
};

}  // namespace esact
