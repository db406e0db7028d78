#pragma once

#include <memory>
#include <vector>

#include "dram/channel.h"

namespace esact {

/// What a controller tells its owner. Calls come from `DramController::advance` and must not call back into it.
class DramClient {
 public:
  virtual ~DramClient() = default;

  /// A command was given; only while commands are recorded. Cycles ascend within a channel.
  virtual void command(const DramCommandRecord&) {}

  /// The column command of the burst that begins at `address` was given: its bytes move. Its data end in cycle `end`.
  /// Overlapping bursts come in the order of their requests.
  virtual void burst(std::uint32_t /*request*/, std::uint64_t /*address*/, DramCycle /*end*/) {}

  /// All bursts of a request have entered the queues.
  virtual void entered(std::uint32_t /*request*/) {}

  /// All bursts of a request are on their way; the last one's data end in cycle `end`. The number is free again.
  virtual void completed(std::uint32_t request, DramCycle end) = 0;
};

/// A DRAM with its controller, without SystemC and without data: requests go in with their cycle of arrival, commands
/// come out. Deterministic: the same requests give the same commands, however time is advanced between them.
class DramController : private DramChannelEvents {
 public:
  /// std::invalid_argument if table and configuration do not fit each other.
  DramController(const DramTable& table, const DramControllerConfig& config, DramClient& client);
  DramController(const DramController&) = delete;
  DramController& operator=(const DramController&) = delete;

  /// Takes a request for `bytes` bytes, at least 1, from `address` on, all below `bytes()`. It is cut into aligned
  /// bursts. Arrivals must not descend. The request's number, which no other request in flight has.
  std::uint32_t submit(DramCycle arrival, std::uint64_t address, std::uint64_t bytes, bool write);

  /// Cycle of the next event; kNever if there is none. With refresh there always is one.
  DramCycle next() const;

  /// Does all that happens up to cycle `until`, that included.
  void advance(DramCycle until);

  std::uint32_t in_flight() const { return in_flight_; }

  /// Cycle in which the data of the last request ended so far.
  DramCycle last_end() const { return last_end_; }

  /// What happened before cycle `end`, which is not before the last event.
  DramControllerStatistics statistics(DramCycle end) const;

  void record_commands(bool on);

  const DramTable& table() const { return table_; }
  const AddressMapping& mapping() const { return mapping_; }
  std::uint64_t bytes() const { return mapping_.bytes(); }
  std::uint32_t channels() const { return config_.channels; }

 private:
  struct Request {
    DramCycle arrival = 0;
    DramCycle entered = 0;  ///< cycle in which the first burst entered
    DramCycle end = 0;
    std::uint64_t outside = 0;  ///< bursts that have not entered
    std::uint64_t open = 0;     ///< bursts without column command
    std::uint64_t bursts = 0;
  };

  static AddressMapping make_mapping(const DramTable& table, const DramControllerConfig& config);
  void check() const;
  std::uint32_t allocate();
  DramBurst make_burst(std::uint32_t request, std::uint64_t address, bool write, std::uint32_t& channel) const;

  void command(const DramCommandRecord& record) override { client_.command(record); }
  void entered(const DramBurst& burst, DramCycle cycle) override;
  void served(const DramBurst& burst, DramCycle end) override;

  DramTable table_;
  DramControllerConfig config_;
  AddressMapping mapping_;
  DramClient& client_;
  std::vector<std::unique_ptr<DramChannel>> channels_;
  std::vector<std::vector<DramBurst>> together_;  // bursts of one request block, by channel
  std::vector<Request> requests_;
  std::vector<std::uint32_t> free_;
  std::uint32_t in_flight_ = 0;
  DramCycle last_end_ = 0;
  DramControllerStatistics statistics_;
};

}  // namespace esact
