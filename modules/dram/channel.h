#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "dram/bank_queue.h"
#include "dram/page_policy.h"
#include "dram/refresh_policy.h"
#include "dram/scheduler.h"
#include "dram/statistics.h"
#include "dram/table.h"
#include "dram/timing.h"
#include "dram_interface/controller_config.h"

namespace esact {

/// What a channel tells while it works. Calls come from `DramChannel::step` and must not call back into the channel.
class DramChannelEvents {
 public:
  virtual ~DramChannelEvents() = default;

  /// A command was given; only if the channel records commands.
  virtual void command(const DramCommandRecord& record) = 0;

  /// A burst entered its bank's queue in `cycle`.
  virtual void entered(const DramBurst& burst, DramCycle cycle) = 0;

  /// A burst got its column command; its data ends in cycle `end`.
  virtual void served(const DramBurst& burst, DramCycle end) = 0;
};

/// One channel of a DRAM and its controller. Bursts stand in order outside, enter the queues of their banks, at most
/// one request's a cycle, and get their commands from there: the command that takes effect first goes, the oldest
/// burst's of several. Time advances from event to event: nothing is done for a cycle in which nothing happens.
class DramChannel {
 public:
  DramChannel(const DramTable& table, const DramControllerConfig& config, std::uint32_t number,
              DramChannelEvents& events);

  /// Adds bursts that enter together, not before `arrival` and the pipeline have passed, behind those added before.
  /// They are at most as many as a bank's queue holds.
  void add(DramCycle arrival, const std::vector<DramBurst>& bursts);

  /// Cycle of the next event; kNever if there is none. With refresh there always is one.
  DramCycle next() const { return next_; }

  /// Does all that happens in cycle next().
  void step();

  /// What happened before cycle `end`, which is not before the last event.
  DramChannelStatistics statistics(DramCycle end) const;

  void record_commands(bool on) { recording_ = on; }

 private:
  struct Outside {
    DramBurst burst;
    DramCycle arrival;
    bool last;  // of those that enter together
  };
  struct Bank {
    BankQueue queue;
    std::optional<std::uint32_t> open_row;
    // The command that the bank wants next, for the burst at `place`.
    DramCommand command = DramCommand::kActivate;
    std::size_t place = 0;
    std::uint64_t order = 0;
  };
  struct Choice {
    DramCycle start = kNever;
    DramCycle effect = kNever;
    std::uint64_t order = 0;
    std::uint32_t bank = 0;
  };

  void enter();
  bool has_room() const;
  DramCycle entry() const;
  bool refresh();
  bool issue();
  Choice choose() const;
  void plan(Bank& bank) const;
  void give(DramCommand command, std::uint32_t bank);
  void serve(Bank& bank, DramCommand command);
  void count(const DramBurst& burst);
  void open_row(Bank& bank, std::uint32_t row);
  void close_row(Bank& bank, DramCycle at);
  void change_waiting(int difference);

  const DramTable& table_;
  DramControllerConfig config_;
  std::uint32_t number_;
  DramChannelEvents& events_;
  std::unique_ptr<BurstScheduler> scheduler_;
  std::unique_ptr<PagePolicy> page_policy_;
  std::unique_ptr<RefreshPolicy> refresh_policy_;
  ChannelTiming timing_;
  bool recording_ = false;

  std::deque<Outside> outside_;
  std::vector<Bank> banks_;
  std::uint64_t busy_banks_ = 0;  // a bit for each bank with a burst
  std::uint64_t order_ = 0;
  std::uint32_t last_bank_ = 0;   // of the last burst that entered
  std::uint32_t waiting_ = 0;     // bursts in all queues
  std::uint32_t open_rows_ = 0;   // banks whose row nothing closes yet
  std::optional<Choice> choice_;  // as long as nothing has changed; waiting changes nothing

  DramCycle now_ = 0;
  DramCycle next_ = kNever;
  DramCycle next_entry_ = 0;  // at most one entry a cycle

  DramChannelStatistics statistics_;
  DramCycle waiting_since_ = 0;
  DramCycle active_since_ = 0;  // start of the last stretch with a row open
  DramCycle active_until_ = 0;  // its end as far as known
};

}  // namespace esact
