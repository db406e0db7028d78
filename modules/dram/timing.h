#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "dram/table.h"

namespace esact {

/// When each command may be given to a channel: keeps, for bank, bank group and channel, the earliest cycle of every
/// command that the ones given so far allow.
class ChannelTiming {
 public:
  explicit ChannelTiming(const DramTable& table);

  /// First cycle in which the constraints and the command's bus admit `command`. All-bank commands: bank 0.
  DramCycle earliest(DramCommand command, std::uint32_t bank) const {
    const std::size_t i = index(command);
    DramCycle cycle = std::max(channel_[i], bus_free_[bus_[i]]);
    if (is_all_bank(command)) return cycle;
    cycle = std::max({cycle, bank_[bank][i], group_[group_of_[bank]][i]});
    return command == DramCommand::kActivate ? std::max(cycle, window_free_) : cycle;
  }

  /// Command `command` is given in `cycle`, which `earliest` allows.
  void issue(DramCommand command, std::uint32_t bank, DramCycle cycle);

 private:
  using Earliest = std::array<DramCycle, kDramCommands>;
  struct Effect {
    std::size_t before;
    DramCycle cycles;
  };
  using Effects = std::array<std::vector<Effect>, kDramCommands>;  // by the command that has them

  static Effects effects(const std::vector<DramConstraint>& constraints);
  static void apply(const std::vector<Effect>& effects, DramCycle cycle, Earliest& earliest);

  std::array<std::uint32_t, kDramCommands> bus_;
  std::array<DramCycle, kDramCommands> length_;
  Effects bank_effects_;
  Effects group_effects_;
  Effects channel_effects_;
  DramCycle window_cycles_;

  std::vector<std::uint32_t> group_of_;  // by bank
  std::vector<Earliest> bank_;
  std::vector<Earliest> group_;
  Earliest channel_{};
  std::vector<DramCycle> bus_free_;
  std::vector<DramCycle> window_;  // cycles of the last activations, a ring
  std::size_t window_position_ = 0;
  DramCycle window_free_ = 0;
};

}  // namespace esact
