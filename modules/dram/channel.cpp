#include "dram/channel.h"

#include <algorithm>
#include <tuple>

namespace esact {

DramChannel::DramChannel(const DramTable& table, const DramControllerConfig& config, std::uint32_t number,
                         DramChannelEvents& events)
    : table_(table),
      config_(config),
      number_(number),
      events_(events),
      scheduler_(make_scheduler(config.scheduler)),
      page_policy_(make_page_policy(config.page_policy)),
      refresh_policy_(make_refresh_policy(config.refresh, table.refresh_interval)),
      timing_(table),
      banks_(table.banks),
      next_(refresh_policy_->due()) {
  for (Bank& bank : banks_) bank.queue.reserve(config.queue_depth);
}

void DramChannel::add(DramCycle arrival, const std::vector<DramBurst>& bursts) {
  for (std::size_t i = 0; i < bursts.size(); ++i) outside_.push_back({bursts[i], arrival, i + 1 == bursts.size()});
  next_ = std::min(next_, entry());
}

void DramChannel::step() {
  now_ = next_;
  bool given = true;
  while (given) {
    enter();
    given = refresh_policy_->due() <= now_ ? refresh() : issue();
  }
}

/// A burst that filled its bank's queue holds up whatever comes after it, as in the reference simulator.
bool DramChannel::has_room() const {
  if (banks_[last_bank_].queue.size() >= config_.queue_depth) return false;
  for (std::size_t i = 0;; ++i) {
    const Outside& candidate = outside_[i];
    std::size_t needed = banks_[candidate.burst.bank].queue.size() + 1;
    for (std::size_t before = 0; before < i; ++before) needed += outside_[before].burst.bank == candidate.burst.bank;
    if (needed > config_.queue_depth) return false;
    if (candidate.last) return true;
  }
}

DramCycle DramChannel::entry() const {
  if (outside_.empty() || !has_room()) return kNever;
  return std::max({outside_.front().arrival + config_.pipeline_cycles, next_entry_, now_});
}

void DramChannel::enter() {
  if (entry() > now_) return;
  next_entry_ = now_ + 1;
  choice_.reset();
  bool last = false;
  while (!last) {
    DramBurst burst = outside_.front().burst;
    last = outside_.front().last;
    outside_.pop_front();
    burst.order = order_++;
    last_bank_ = burst.bank;
    Bank& bank = banks_[burst.bank];
    bank.queue.push_back(burst);
    busy_banks_ |= std::uint64_t{1} << burst.bank;
    plan(bank);
    change_waiting(1);
    events_.entered(burst, now_);
  }
}

/// With a refresh due, nothing but its own commands is given; false when there is none to give now.
bool DramChannel::refresh() {
  choice_.reset();
  const DramCommand command = open_rows_ > 0 ? DramCommand::kPrechargeAll : DramCommand::kRefresh;
  const DramCycle earliest = timing_.earliest(command, 0);
  if (earliest > now_) {
    next_ = std::min(earliest, entry());
    return false;
  }
  give(command, 0);
  if (command == DramCommand::kRefresh) {
    ++statistics_.activity.refreshes;
    refresh_policy_->refreshed();
    return true;
  }
  ++statistics_.precharges;
  for (Bank& bank : banks_) {
    if (bank.open_row) close_row(bank, now_);
    if (!bank.queue.empty()) plan(bank);
  }
  return true;
}

/// On each bus the command that takes effect first, with its last cycle, the oldest burst's if there are several; of
/// these the one that starts first, again the older.
DramChannel::Choice DramChannel::choose() const {
  std::array<Choice, kDramCommands> best;  // by bus
  for (std::uint64_t left = busy_banks_; left != 0; left &= left - 1) {
    const auto number = static_cast<std::uint32_t>(__builtin_ctzll(left));
    const Bank& bank = banks_[number];
    const DramCycle start = std::max(timing_.earliest(bank.command, number), now_);
    const Choice choice{start, start + table_.command_cycles[index(bank.command)], bank.order, number};
    Choice& other = best[table_.command_bus[index(bank.command)]];
    if (std::tie(choice.effect, choice.order) < std::tie(other.effect, other.order)) other = choice;
  }
  return *std::min_element(best.begin(), best.begin() + table_.buses, [](const Choice& a, const Choice& b) {
    return std::tie(a.start, a.order) < std::tie(b.start, b.order);
  });
}

/// Gives the command that goes in this cycle; false, and the next cycle of interest, if there is none.
bool DramChannel::issue() {
  if (!choice_) choice_ = choose();
  if (choice_->start > now_) {
    next_ = std::min({choice_->start, entry(), refresh_policy_->due()});
    return false;
  }
  const std::uint32_t number = choice_->bank;
  choice_.reset();
  Bank& bank = banks_[number];
  const DramCommand command = bank.command;
  DramBurst& burst = bank.queue[bank.place];
  switch (command) {
    case DramCommand::kActivate:
      burst.activated = true;
      give(command, number);
      open_row(bank, burst.row);
      break;
    case DramCommand::kPrecharge:
      burst.precharged = true;
      give(command, number);
      ++statistics_.precharges;
      close_row(bank, now_);
      break;
    default:
      give(command, number);
      serve(bank, command);
  }
  if (!bank.queue.empty()) plan(bank);
  return true;
}

void DramChannel::plan(Bank& bank) const {
  bank.place = scheduler_->choose(bank.queue, bank.open_row);
  const DramBurst& burst = bank.queue[bank.place];
  bank.order = burst.order;
  if (!bank.open_row) {
    bank.command = DramCommand::kActivate;
  } else if (*bank.open_row != burst.row) {
    bank.command = DramCommand::kPrecharge;
  } else if (page_policy_->closes(bank.queue, bank.place)) {
    bank.command = burst.write ? DramCommand::kWriteAuto : DramCommand::kReadAuto;
  } else {
    bank.command = burst.write ? DramCommand::kWrite : DramCommand::kRead;
  }
}

void DramChannel::give(DramCommand command, std::uint32_t bank) {
  timing_.issue(command, bank, now_);
  if (!recording_) return;
  DramCommandRecord record{now_, command, {}};
  record.location.channel = number_;
  if (!is_all_bank(command)) {
    const DramBurst& burst = banks_[bank].queue[banks_[bank].place];
    record.location.bank = bank;
    record.location.bank_group = bank / (table_.banks / table_.bank_groups);
    if (command != DramCommand::kPrecharge) record.location.row = burst.row;
    if (is_column(command)) record.location.column = burst.column;
  }
  events_.command(record);
}

void DramChannel::serve(Bank& bank, DramCommand command) {
  const DramBurst burst = bank.queue[bank.place];
  bank.queue.erase(bank.queue.begin() + static_cast<std::ptrdiff_t>(bank.place));
  if (bank.queue.empty()) busy_banks_ &= ~(std::uint64_t{1} << burst.bank);
  change_waiting(-1);
  count(burst);
  if (command == DramCommand::kReadAuto || command == DramCommand::kWriteAuto) {
    ++statistics_.precharges;
    close_row(bank, now_ + (burst.write ? table_.write_precharge : table_.read_precharge));
  }
  events_.served(burst, now_ + (burst.write ? table_.write_end : table_.read_end));
}

void DramChannel::count(const DramBurst& burst) {
  ++(burst.write ? statistics_.activity.writes : statistics_.activity.reads);
  ++(burst.precharged ? statistics_.row_conflicts : burst.activated ? statistics_.row_misses : statistics_.row_hits);
  statistics_.data_cycles += table_.burst_cycles;
}

void DramChannel::open_row(Bank& bank, std::uint32_t row) {
  bank.open_row = row;
  ++statistics_.activity.activates;
  if (open_rows_++ == 0 && active_until_ <= now_) {
    statistics_.activity.active_cycles += active_until_ - active_since_;
    active_since_ = now_;
  }
}

void DramChannel::close_row(Bank& bank, DramCycle at) {
  bank.open_row.reset();
  --open_rows_;
  active_until_ = std::max(active_until_, at);
}

void DramChannel::change_waiting(int difference) {
  statistics_.waiting_cycles += waiting_ * (now_ - waiting_since_);
  waiting_since_ = now_;
  waiting_ += static_cast<std::uint32_t>(difference);
  statistics_.most_waiting = std::max(statistics_.most_waiting, waiting_);
}

DramChannelStatistics DramChannel::statistics(DramCycle end) const {
  DramChannelStatistics statistics = statistics_;
  statistics.waiting_cycles += waiting_ * (end - waiting_since_);
  const DramCycle until = open_rows_ > 0 ? end : std::min(end, active_until_);
  statistics.activity.active_cycles += std::max(until, active_since_) - active_since_;
  statistics.activity.precharged_cycles = end - statistics.activity.active_cycles;
  return statistics;
}

}  // namespace esact
