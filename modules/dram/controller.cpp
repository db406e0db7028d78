#include "dram/controller.h"

#include <algorithm>
#include <stdexcept>

namespace esact {
namespace {

constexpr std::uint32_t kMostChannels = 64;

bool is_power_of_two(std::uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

}  // namespace

DramController::DramController(const DramTable& table, const DramControllerConfig& config, DramClient& client)
    : table_(table),
      config_(config),
      mapping_(make_mapping(table, config)),
      client_(client),
      together_(config.channels) {
  check();
  DramChannelEvents& events = *this;
  for (std::uint32_t number = 0; number < config_.channels; ++number) {
    channels_.push_back(std::make_unique<DramChannel>(table_, config_, number, events));
  }
}

AddressMapping DramController::make_mapping(const DramTable& table, const DramControllerConfig& config) {
  if (!is_power_of_two(config.channels) || config.channels > kMostChannels) {
    throw std::invalid_argument("channels: " + std::to_string(config.channels) + ", expected a power of two 1..64");
  }
  AddressMapping mapping(table.mapping);
  if (!table.mapping.channel.empty() || config.channels == 1) return mapping;
  return mapping.interleaved(config.channels, config.interleave_bits);
}

void DramController::check() const {
  const DramBitLists& lists = mapping_.lists();
  const auto expect = [](const char* part, const std::vector<std::uint32_t>& bits, std::uint64_t values) {
    if (std::uint64_t{1} << bits.size() == values) return;
    throw std::invalid_argument("mapping: " + std::string(part) + ": " + std::to_string(bits.size()) +
                                " bits, expected those of " + std::to_string(values));
  };
  expect("BYTE_BIT", lists.byte, table_.column_bytes);
  expect("COLUMN_BIT", lists.column, table_.columns);
  expect("BANKGROUP_BIT", lists.bank_group, table_.bank_groups);
  expect("BANK_BIT", lists.bank, table_.banks / table_.bank_groups);
  expect("ROW_BIT", lists.row, table_.rows);
  expect("CHANNEL_BIT", lists.channel, config_.channels);
  if (!is_power_of_two(config_.request_bytes)) throw std::invalid_argument("request_bytes: expected a power of two");
  if (std::uint64_t{config_.queue_depth} * table_.burst_bytes < config_.request_bytes || config_.queue_depth == 0) {
    throw std::invalid_argument("queue_depth: " + std::to_string(config_.queue_depth) +
                                " does not hold the bursts of one request");
  }
  // A burst must lie in one row of one bank: its lowest bits are bytes, then columns.
  for (std::uint64_t offset = 1; offset < table_.burst_bytes; offset *= 2) {
    const DramLocation location = mapping_.decode(offset);
    if (location.bank != 0 || location.row != 0 || location.channel != 0) {
      throw std::invalid_argument("mapping: address bits below a burst of " + std::to_string(table_.burst_bytes) +
                                  " bytes must be byte or column bits");
    }
  }
}

std::uint32_t DramController::allocate() {
  if (free_.empty()) {
    requests_.emplace_back();
    return static_cast<std::uint32_t>(requests_.size() - 1);
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  requests_[number] = Request{};
  return number;
}

DramBurst DramController::make_burst(std::uint32_t request, std::uint64_t address, bool write,
                                     std::uint32_t& channel) const {
  const DramLocation location = mapping_.decode(address);
  channel = location.channel;
  DramBurst burst;
  burst.address = address;
  burst.request = request;
  burst.bank = location.bank;
  burst.row = location.row;
  burst.column = location.column;
  burst.write = write;
  return burst;
}

std::uint32_t DramController::submit(DramCycle arrival, std::uint64_t address, std::uint64_t bytes, bool write) {
  const std::uint32_t number = allocate();
  const std::uint64_t first = address / table_.burst_bytes * table_.burst_bytes;
  const std::uint64_t block = std::max(config_.request_bytes, table_.burst_bytes);
  std::uint64_t bursts = 0;
  const auto add = [&](std::uint32_t channel) {
    if (together_[channel].empty()) return;
    channels_[channel]->add(arrival, together_[channel]);
    together_[channel].clear();
  };
  for (std::uint64_t start = first; start < address + bytes; start += table_.burst_bytes) {
    if (start % block == 0) {
      for (std::uint32_t channel = 0; channel < config_.channels; ++channel) add(channel);
    }
    std::uint32_t channel = 0;
    const DramBurst burst = make_burst(number, start, write, channel);
    together_[channel].push_back(burst);
    ++bursts;
  }
  requests_[number].arrival = arrival;
  requests_[number].outside = requests_[number].open = requests_[number].bursts = bursts;
  for (std::uint32_t channel = 0; channel < config_.channels; ++channel) add(channel);
  ++in_flight_;
  ++(write ? statistics_.write_requests : statistics_.read_requests);
  (write ? statistics_.write_bytes : statistics_.read_bytes) += bytes;
  return number;
}

DramCycle DramController::next() const {
  DramCycle next = kNever;
  for (const auto& channel : channels_) next = std::min(next, channel->next());
  return next;
}

void DramController::advance(DramCycle until) {
  for (const auto& channel : channels_) {
    while (channel->next() <= until) channel->step();
  }
}

void DramController::entered(const DramBurst& burst, DramCycle cycle) {
  Request& request = requests_[burst.request];
  if (request.outside == request.bursts) request.entered = cycle;
  if (--request.outside == 0) client_.entered(burst.request);
}

void DramController::served(const DramBurst& burst, DramCycle end) {
  client_.burst(burst.request, burst.address, end);
  Request& request = requests_[burst.request];
  request.end = std::max(request.end, end);
  if (--request.open > 0) return;
  statistics_.latency.add(request.end - request.arrival);
  statistics_.queue_latency.add(request.end - request.entered);
  last_end_ = std::max(last_end_, request.end);
  --in_flight_;
  free_.push_back(burst.request);
  client_.completed(burst.request, request.end);
}

DramControllerStatistics DramController::statistics(DramCycle end) const {
  DramControllerStatistics statistics = statistics_;
  statistics.cycles = end;
  statistics.channels = config_.channels;
  for (const auto& channel : channels_) statistics.counts += channel->statistics(end);
  return statistics;
}

void DramController::record_commands(bool on) {
  for (const auto& channel : channels_) channel->record_commands(on);
}

}  // namespace esact
