#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dram_checker/rules.h"

namespace esact {

/// A command that a DRAM must not get.
struct DramViolation {
  DramCommandRecord record;
  std::string rule;     ///< parameter or kind: RCD, FAW, closed_row, command_bus and so on (docs/dram_controller.md)
  std::string message;  ///< what was expected and what was found
};

/// "cycle 57, channel 0, RD bank 3: RCD: 16 cycles, found 15".
std::string to_string(const DramViolation& violation);

/// Says whether commands are legal, independently of the controller that gave them: keeps the state of every bank and
/// bus and applies the rules of JESD79-4, JESD209-4 or JESD235 between the clock edges on which commands take effect.
class DramChecker {
 public:
  /// `refreshed`: whether refreshes must come, at most nine intervals apart (eight may be postponed).
  DramChecker(const DramRules& rules, bool refreshed);

  /// Takes the next command; commands of a channel must come in the order of their cycles.
  void check(const DramCommandRecord& record);

  /// What was wrong so far.
  const std::vector<DramViolation>& violations() const { return violations_; }
  std::uint64_t commands() const { return commands_; }

 private:
  using Edge = std::int64_t;
  using Last = std::optional<Edge>;  // edge of the last command of a kind

  struct Bank {
    std::optional<std::uint32_t> row;
    Last activated;
    Last read;
    Last written;
    Last precharged;          // also by auto-precharge, then maybe still to come
    Edge precharge_time = 0;  // RP of the way in which it was precharged
  };
  struct Group {
    Last activated;
    Last read;
    Last written;
  };
  struct Channel {
    std::vector<Bank> banks;
    std::vector<Group> groups;
    Group any;
    Last refreshed;
    Edge unrefreshed_since = 0;
    std::deque<Edge> activations;
    std::array<Edge, 2> bus_free{};
    Edge data_free = 0;
    Edge last_start = 0;
  };

  void check_place(const DramCommandRecord& record);
  void check_buses(Channel& channel);
  void activate(Channel& channel);
  void column(Channel& channel);
  void column_distances(const Channel& channel, bool write);
  void data_bus(Channel& channel, bool write);
  void auto_precharge(Bank& bank, bool write);
  void precharge(Bank& bank, Edge precharge_time);
  void refresh(Channel& channel);
  Edge write_to_precharge() const;
  Edge read_to_precharge() const;
  void need(const char* rule, const Last& since, Edge cycles);
  void violate(const std::string& rule, const std::string& message);

  DramRules rules_;
  bool refreshed_;
  std::map<std::uint32_t, Channel> channels_;
  std::vector<DramViolation> violations_;
  std::uint64_t commands_ = 0;
  DramCommandRecord now_;  // the command under check
  Edge edge_ = 0;          // on which it takes effect
};

}  // namespace esact
