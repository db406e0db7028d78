#include "dram_checker/dram_checker.h"

#include <algorithm>

namespace esact {
namespace {

constexpr std::size_t kWindow = 4;                  // activations that FAW looks at
constexpr std::int64_t kPostponedRefreshes = 8;     // the standards allow as many
constexpr std::int64_t kLpddr4ReadToPrecharge = 8;  // JESD209-4: BL/2 + max(8, RTP) - 8

}  // namespace

std::string to_string(const DramViolation& violation) {
  const DramCommandRecord& record = violation.record;
  std::string text = "cycle " + std::to_string(record.cycle) + ", channel " + std::to_string(record.location.channel) +
                     ", " + name(record.command);
  if (!is_all_bank(record.command)) text += " bank " + std::to_string(record.location.bank);
  return text + ": " + violation.rule + ": " + violation.message;
}

DramChecker::DramChecker(const DramRules& rules, bool refreshed) : rules_(rules), refreshed_(refreshed) {}

void DramChecker::violate(const std::string& rule, const std::string& message) {
  violations_.push_back({now_, rule, message});
}

void DramChecker::need(const char* rule, const Last& since, Edge cycles) {
  if (!since || edge_ - *since >= cycles) return;
  violate(rule, std::to_string(cycles) + " cycles, found " + std::to_string(edge_ - *since));
}

void DramChecker::check(const DramCommandRecord& record) {
  ++commands_;
  now_ = record;
  edge_ = static_cast<Edge>(record.cycle) + rules_.length(record.command) - 1;
  const std::size_t before = violations_.size();
  check_place(record);
  if (violations_.size() > before) return;

  Channel& channel = channels_[record.location.channel];
  if (channel.banks.empty()) {
    channel.banks.resize(rules_.banks);
    channel.groups.resize(rules_.bank_groups);
  }
  check_buses(channel);
  switch (record.command) {
    case DramCommand::kActivate:
      return activate(channel);
    case DramCommand::kPrecharge:
      return precharge(channel.banks[record.location.bank],
                       rules_.standard == DramStandard::kLpddr4 ? rules_["RPpb"] : rules_["RP"]);
    case DramCommand::kPrechargeAll:
      for (Bank& bank : channel.banks) {
        precharge(bank, rules_.standard == DramStandard::kLpddr4 ? rules_["RPab"] : rules_["RP"]);
      }
      return;
    case DramCommand::kRefresh:
      return refresh(channel);
    default:
      return column(channel);
  }
}

void DramChecker::check_place(const DramCommandRecord& record) {
  if (is_all_bank(record.command)) return;
  const DramLocation& location = record.location;
  const auto within = [this](const char* what, std::uint32_t value, std::uint32_t values) {
    if (value >= values) violate(what, std::to_string(value) + ", expected 0.." + std::to_string(values - 1));
  };
  within("bank", location.bank, rules_.banks);
  within("row", location.row, rules_.rows);
  within("column", location.column, rules_.columns);
  const std::uint32_t group = location.bank / (rules_.banks / rules_.bank_groups);
  if (group != location.bank_group)
    violate("bank_group", "bank " + std::to_string(location.bank) + " lies in group " + std::to_string(group));
}

void DramChecker::check_buses(Channel& channel) {
  const Edge start = static_cast<Edge>(now_.cycle);
  if (start < channel.last_start) violate("order", "an earlier cycle than the command before");
  channel.last_start = start;
  Edge& bus_free = channel.bus_free[rules_.bus(now_.command)];
  if (start < bus_free) violate("command_bus", "taken until cycle " + std::to_string(bus_free));
  bus_free = start + rules_.length(now_.command);

  if (!refreshed_) return;
  const Edge interval = rules_["REFI"];
  const Edge waited = edge_ - channel.unrefreshed_since;
  if (waited <= (kPostponedRefreshes + 1) * interval + rules_["RFC"]) return;
  violate("REFI", "no refresh for " + std::to_string(waited) + " cycles");
  channel.unrefreshed_since = edge_;  // once for each gap
}

void DramChecker::activate(Channel& channel) {
  Bank& bank = channel.banks[now_.location.bank];
  Group& group = channel.groups[now_.location.bank_group];
  if (bank.row) violate("open_bank", "row " + std::to_string(*bank.row) + " is open");
  need("RC", bank.activated, rules_["RC"]);
  need("RP", bank.precharged, bank.precharge_time);
  need("RFC", channel.refreshed, rules_["RFC"]);
  if (rules_.standard == DramStandard::kLpddr4) {
    need("RRD", channel.any.activated, rules_["RRD"]);
  } else {
    need("RRD_L", group.activated, rules_["RRD_L"]);
    need("RRD_S", channel.any.activated, rules_["RRD_S"]);
  }
  if (channel.activations.size() == kWindow) {
    need("FAW", channel.activations.front(), rules_["FAW"]);
    channel.activations.pop_front();
  }
  channel.activations.push_back(edge_);
  bank.row = now_.location.row;
  bank.activated = group.activated = channel.any.activated = edge_;
  bank.read.reset();
  bank.written.reset();
}

void DramChecker::column(Channel& channel) {
  const bool write = now_.command == DramCommand::kWrite || now_.command == DramCommand::kWriteAuto;
  Bank& bank = channel.banks[now_.location.bank];
  if (!bank.row) {
    violate("closed_row", "the bank is closed");
  } else if (*bank.row != now_.location.row) {
    violate("closed_row", "row " + std::to_string(*bank.row) + " is open, not " + std::to_string(now_.location.row));
  }
  const char* to_column = rules_.standard != DramStandard::kHbm2 ? "RCD" : write ? "RCDWR" : "RCDRD";
  need(to_column, bank.activated, rules_[to_column]);
  column_distances(channel, write);
  data_bus(channel, write);

  Group& group = channel.groups[now_.location.bank_group];
  (write ? bank.written : bank.read) = edge_;
  (write ? group.written : group.read) = edge_;
  (write ? channel.any.written : channel.any.read) = edge_;
  if (now_.command == DramCommand::kReadAuto || now_.command == DramCommand::kWriteAuto) auto_precharge(bank, write);
}

void DramChecker::column_distances(const Channel& channel, bool write) {
  const Group& group = channel.groups[now_.location.bank_group];
  const Edge written = rules_["WL"] + rules_.half_burst;  // from WR to the end of its data
  if (rules_.standard == DramStandard::kLpddr4) {
    need("CCD", write ? channel.any.written : channel.any.read, rules_["CCD"]);
    if (!write) need("WTR", channel.any.written, written + 1 + rules_["WTR"]);
  } else {
    need("CCD_L", write ? group.written : group.read, rules_["CCD_L"]);
    need("CCD_S", write ? channel.any.written : channel.any.read, rules_["CCD_S"]);
    if (!write) need("WTR_L", group.written, written + rules_["WTR_L"]);
    if (!write) need("WTR_S", channel.any.written, written + rules_["WTR_S"]);
  }
  if (write) need("RD_TO_WR", channel.any.read, rules_["RD_TO_WR"]);
}

void DramChecker::data_bus(Channel& channel, bool write) {
  Edge start = edge_ + (write ? rules_["WL"] : rules_["RL"]);
  if (rules_.standard == DramStandard::kLpddr4) {
    start += write ? rules_["DQSS"] + rules_["DQS2DQ"] : rules_["DQSCK"];
  } else if (rules_.standard == DramStandard::kHbm2 && !write) {
    start += rules_["DQSCK"];
  }
  if (start < channel.data_free) violate("data_bus", "taken until cycle " + std::to_string(channel.data_free));
  channel.data_free = start + rules_.half_burst;
}

DramChecker::Edge DramChecker::write_to_precharge() const {
  const Edge late = rules_.standard == DramStandard::kLpddr4 ? 1 : 0;
  return rules_["WL"] + late + rules_.half_burst + rules_["WR"];
}

DramChecker::Edge DramChecker::read_to_precharge() const {
  if (rules_.standard != DramStandard::kLpddr4) return rules_["RTP"];
  return rules_.half_burst + std::max(kLpddr4ReadToPrecharge, rules_["RTP"]) - kLpddr4ReadToPrecharge;
}

/// The bank precharges itself once the access and RAS allow it, but it does not wait for an earlier write.
void DramChecker::auto_precharge(Bank& bank, bool write) {
  Edge at = edge_ + (write ? write_to_precharge() : read_to_precharge());
  if (bank.activated) at = std::max(at, *bank.activated + rules_["RAS"]);
  if (!write && bank.written && at - *bank.written < write_to_precharge()) {
    violate("WR", "auto-precharge " + std::to_string(at - *bank.written) + " cycles after a write, expected " +
                      std::to_string(write_to_precharge()));
  }
  bank.row.reset();
  bank.precharged = at;
  bank.precharge_time = rules_.standard == DramStandard::kLpddr4 ? rules_["RPpb"] : rules_["RP"];
}

void DramChecker::precharge(Bank& bank, Edge precharge_time) {
  if (!bank.row) return;  // no operation, or the bank is about to do so itself
  need("RAS", bank.activated, rules_["RAS"]);
  need("RTP", bank.read, read_to_precharge());
  need("WR", bank.written, write_to_precharge());
  bank.row.reset();
  bank.precharged = edge_;
  bank.precharge_time = precharge_time;
}

void DramChecker::refresh(Channel& channel) {
  for (const Bank& bank : channel.banks) {
    if (bank.row) violate("open_bank", "row " + std::to_string(*bank.row) + " is open");
    need("RP", bank.precharged, bank.precharge_time);
  }
  need("RFC", channel.refreshed, rules_["RFC"]);
  channel.refreshed = edge_;
  channel.unrefreshed_since = edge_;
}

}  // namespace esact
