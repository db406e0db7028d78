#include "dram/timing.h"

namespace esact {

ChannelTiming::ChannelTiming(const DramTable& table)
    : bus_(table.command_bus),
      length_(table.command_cycles),
      bank_effects_(effects(table.bank_constraints)),
      group_effects_(effects(table.bank_group_constraints)),
      channel_effects_(effects(table.channel_constraints)),
      window_cycles_(table.window_cycles),
      bank_(table.banks),
      group_(table.bank_groups),
      bus_free_(table.buses),
      window_(table.window_activations, kNever) {
  for (std::uint32_t bank = 0; bank < table.banks; ++bank) {
    group_of_.push_back(bank / (table.banks / table.bank_groups));
  }
}

ChannelTiming::Effects ChannelTiming::effects(const std::vector<DramConstraint>& constraints) {
  Effects effects;
  for (const DramConstraint& constraint : constraints) {
    effects[index(constraint.after)].push_back({index(constraint.before), constraint.cycles});
  }
  return effects;
}

void ChannelTiming::apply(const std::vector<Effect>& effects, DramCycle cycle, Earliest& earliest) {
  for (const Effect& effect : effects) {
    earliest[effect.before] = std::max(earliest[effect.before], cycle + effect.cycles);
  }
}

void ChannelTiming::issue(DramCommand command, std::uint32_t bank, DramCycle cycle) {
  const std::size_t i = index(command);
  bus_free_[bus_[i]] = cycle + length_[i];
  apply(channel_effects_[i], cycle, channel_);
  if (is_all_bank(command)) return;
  apply(bank_effects_[i], cycle, bank_[bank]);
  apply(group_effects_[i], cycle, group_[group_of_[bank]]);
  if (command == DramCommand::kActivate && !window_.empty()) {
    window_[window_position_] = cycle;
    window_position_ = (window_position_ + 1) % window_.size();
    const DramCycle oldest = window_[window_position_];
    window_free_ = oldest == kNever ? 0 : oldest + window_cycles_;
  }
}

}  // namespace esact
