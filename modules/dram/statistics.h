#pragma once

#include <vector>

#include "dram/energy.h"
#include "dram/latency_histogram.h"
#include "dram/table.h"
#include "dram_interface/figure.h"

namespace esact {

/// Counts of one channel.
struct DramChannelStatistics {
  DramActivity activity;
  std::uint64_t row_hits = 0;
  std::uint64_t row_misses = 0;
  std::uint64_t row_conflicts = 0;
  std::uint64_t precharges = 0;      ///< PRE, PREA and auto-precharges
  DramCycle data_cycles = 0;         ///< with data on the bus
  std::uint64_t waiting_cycles = 0;  ///< bursts in the queues, summed over the cycles
  std::uint32_t most_waiting = 0;    ///< bursts in the queues at a time

  DramChannelStatistics& operator+=(const DramChannelStatistics& other);
};

/// What a controller did in the cycles before `cycles`; the counts are summed over the channels.
struct DramControllerStatistics {
  DramCycle cycles = 0;
  std::uint32_t channels = 0;
  std::uint64_t read_requests = 0;
  std::uint64_t write_requests = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  LatencyHistogram latency;
  LatencyHistogram queue_latency;
  DramChannelStatistics counts;
};

/// Everything a controller can say about a run, in the order in which it is shown.
std::vector<DramFigure> dram_figures(const DramControllerStatistics& statistics, const DramTable& table);

}  // namespace esact
