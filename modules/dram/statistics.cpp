#include "dram/statistics.h"

#include <algorithm>
#include <numeric>

namespace esact {
namespace {

constexpr double kPercent = 100;
constexpr double kPicosecondsPerNanosecond = 1000;
constexpr double kPicosecondsPerSecond = 1e12;

/// Collects figures.
class Figures {
 public:
  void count(const char* name, std::uint64_t value, const char* description, const char* unit = "") {
    figures.push_back({name, value, unit, description});
  }
  void number(const std::string& name, double value, const char* unit, const std::string& description) {
    figures.push_back({name, value, unit, description});
  }
  void ratio(const char* name, double part, double whole, const char* unit, const char* description) {
    number(name, whole == 0 ? 0 : part / whole, unit, description);
  }
  std::vector<DramFigure> figures;
};

void add_latency(Figures& figures, const LatencyHistogram& latency, const std::string& name, const std::string& what) {
  const auto add = [&](const char* suffix, double value, const std::string& description) {
    figures.number(name + suffix, value, "tCK", description + " of " + what);
  };
  const auto percentile = [&latency](std::uint32_t permille) {
    return static_cast<double>(latency.percentile(permille));
  };
  add("_min", static_cast<double>(latency.least()), "least");
  add("_mean", latency.mean(), "mean");
  add("_p50", percentile(500), "median");
  add("_p90", percentile(900), "90th percentile");
  add("_p99", percentile(990), "99th percentile");
  add("_p999", percentile(999), "99.9th percentile");
  add("_max", static_cast<double>(latency.most()), "most");
}

void add_energy(Figures& figures, const DramActivity& activity, const DramTable& table, double bits) {
  const auto energy = dram_energy(table.energy, activity, table.clock_ps);
  const double total = std::accumulate(energy.begin(), energy.end(), 0.0);
  for (std::size_t part = 0; part < kDramEnergyParts; ++part) {
    figures.number(std::string("energy_") + kDramEnergyNames[part], energy[part], "pJ",
                   table.energy[part].provenance + ": " + table.energy[part].source);
  }
  figures.number("energy", total, "pJ", "sum of the above");
  figures.ratio("energy_per_bit", total, bits, "pJ/bit", "energy over the bits that requests asked for");
}

void add_time_and_traffic(Figures& figures, const DramControllerStatistics& statistics, const DramTable& table) {
  const auto cycles = static_cast<double>(statistics.cycles);
  const double seconds = cycles * table.clock_ps / kPicosecondsPerSecond;
  const std::uint64_t bytes = statistics.read_bytes + statistics.write_bytes;
  const double channel_cycles = cycles * statistics.channels;
  figures.count("total_tck", statistics.cycles, "from time 0 to the end of the last request", "tCK");
  figures.number("time_ns", cycles * table.clock_ps / kPicosecondsPerNanosecond, "ns", "the same in time");
  figures.count("channels", statistics.channels, "channels, each with its own controller");
  figures.count("read_requests", statistics.read_requests, "requests that read");
  figures.count("write_requests", statistics.write_requests, "requests that wrote");
  figures.count("read_bytes", statistics.read_bytes, "bytes that requests read", "B");
  figures.count("write_bytes", statistics.write_bytes, "bytes that requests wrote", "B");
  figures.ratio("bandwidth_gbps", static_cast<double>(bytes) / 1e9, seconds, "GB/s", "bytes of requests over the time");
  const double peak = statistics.channels * static_cast<double>(table.burst_bytes) / 1e9 /
                      (static_cast<double>(table.burst_cycles) * table.clock_ps / kPicosecondsPerSecond);
  figures.number("peak_bandwidth_gbps", peak, "GB/s", "of all data buses without a pause");
  figures.ratio("bus_utilisation", kPercent * static_cast<double>(statistics.counts.data_cycles), channel_cycles, "%",
                "time with data on the bus");
}

void add_commands(Figures& figures, const DramChannelStatistics& counts) {
  figures.count("read_bursts", counts.activity.reads, "RD and RDA commands");
  figures.count("write_bursts", counts.activity.writes, "WR and WRA commands");
  figures.count("row_hits", counts.row_hits, "bursts that found their row open");
  figures.count("row_misses", counts.row_misses, "bursts that found their bank closed");
  figures.count("row_conflicts", counts.row_conflicts, "bursts that had to close another row");
  const auto bursts = static_cast<double>(counts.row_hits + counts.row_misses + counts.row_conflicts);
  figures.ratio("row_hit_rate", kPercent * static_cast<double>(counts.row_hits), bursts, "%", "hits of all bursts");
  figures.count("activates", counts.activity.activates, "ACT commands");
  figures.count("precharges", counts.precharges, "PRE and PREA commands and auto-precharges");
  figures.count("refreshes", counts.activity.refreshes, "REF commands");
}

}  // namespace

DramChannelStatistics& DramChannelStatistics::operator+=(const DramChannelStatistics& other) {
  activity.activates += other.activity.activates;
  activity.reads += other.activity.reads;
  activity.writes += other.activity.writes;
  activity.refreshes += other.activity.refreshes;
  activity.active_cycles += other.activity.active_cycles;
  activity.precharged_cycles += other.activity.precharged_cycles;
  row_hits += other.row_hits;
  row_misses += other.row_misses;
  row_conflicts += other.row_conflicts;
  precharges += other.precharges;
  data_cycles += other.data_cycles;
  waiting_cycles += other.waiting_cycles;
  most_waiting = std::max(most_waiting, other.most_waiting);
  return *this;
}

std::vector<DramFigure> dram_figures(const DramControllerStatistics& statistics, const DramTable& table) {
  Figures figures;
  const DramChannelStatistics& counts = statistics.counts;
  add_time_and_traffic(figures, statistics, table);
  add_commands(figures, counts);
  const double channel_cycles = static_cast<double>(statistics.cycles) * statistics.channels;
  figures.ratio("queue_occupancy_mean", static_cast<double>(counts.waiting_cycles), channel_cycles, "",
                "bursts waiting in a channel's bank queues, mean over the time");
  figures.count("queue_occupancy_max", counts.most_waiting,
                "bursts waiting in a channel's bank queues, most at a time");
  add_latency(figures, statistics.latency, "latency", "a request from its arrival to the end of its data");
  add_latency(figures, statistics.queue_latency, "queue_latency",
              "a request from its entry into the bank queues to the end of its data");
  figures.ratio("active_standby", kPercent * static_cast<double>(counts.activity.active_cycles), channel_cycles, "%",
                "time with a row open");
  add_energy(figures, counts.activity, table,
             8.0 * static_cast<double>(statistics.read_bytes + statistics.write_bytes));
  return figures.figures;
}

}  // namespace esact
