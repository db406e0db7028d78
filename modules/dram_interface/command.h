#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace esact {

/// Cycle of a DRAM's clock, counted from time 0.
using DramCycle = std::uint64_t;

/// Later than anything that happens.
constexpr DramCycle kNever = ~DramCycle{0};

/// Commands of the DRAM bus. RDA and WRA precharge their bank on their own afterwards; PREA and REF go to all banks.
enum class DramCommand : std::uint8_t {
  kActivate,
  kRead,
  kWrite,
  kReadAuto,
  kWriteAuto,
  kPrecharge,
  kPrechargeAll,
  kRefresh
};
constexpr std::size_t kDramCommands = 8;

/// Names as tables and command logs spell them: ACT, RD, WR, RDA, WRA, PRE, PREA, REF.
constexpr std::array<const char*, kDramCommands> kDramCommandNames{"ACT", "RD",  "WR",   "RDA",
                                                                   "WRA", "PRE", "PREA", "REF"};

constexpr std::size_t index(DramCommand command) {
  return static_cast<std::size_t>(command);
}
constexpr const char* name(DramCommand command) {
  return kDramCommandNames[index(command)];
}

/// Whether the command moves data: RD, WR, RDA, WRA.
constexpr bool is_column(DramCommand command) {
  return command >= DramCommand::kRead && command <= DramCommand::kWriteAuto;
}

/// Whether the command goes to all banks of a channel.
constexpr bool is_all_bank(DramCommand command) {
  return command >= DramCommand::kPrechargeAll;
}

/// Where an address lies. `bank` counts over all bank groups of a channel: group * banks of a group + bank.
struct DramLocation {
  std::uint32_t channel = 0;
  std::uint32_t bank_group = 0;
  std::uint32_t bank = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
};

/// A command as it was given to the DRAM. All-bank commands have the channel only, PRE no row, ACT and PRE no column.
struct DramCommandRecord {
  DramCycle cycle = 0;  ///< first cycle of the command
  DramCommand command = DramCommand::kActivate;
  DramLocation location;
};

}  // namespace esact
