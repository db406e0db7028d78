#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dram_interface/command.h"

namespace esact {

/// What energy is charged for: the commands, auto-precharge being in ACT, then the time in either standby state.
enum class DramEnergyPart : std::uint8_t { kActivate, kRead, kWrite, kRefresh, kActiveStandby, kPrechargedStandby };
constexpr std::size_t kDramEnergyParts = 6;
constexpr std::array<const char*, kDramEnergyParts> kDramEnergyNames{
    "activate", "read", "write", "refresh", "active_standby", "precharged_standby"};

/// One coefficient: pJ a command, or mW.
struct DramCoefficient {
  double value = 0;
  std::string provenance;  ///< published, derived or assumed
  std::string source;
};

/// Coefficients of one channel, by DramEnergyPart.
using DramEnergyTable = std::array<DramCoefficient, kDramEnergyParts>;

/// What a channel did, as far as it costs energy.
struct DramActivity {
  std::uint64_t activates = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t refreshes = 0;
  DramCycle active_cycles = 0;      ///< with a row open in any bank
  DramCycle precharged_cycles = 0;  ///< with all rows closed
};

/// pJ by part: counts times coefficients, times of state times power.
std::array<double, kDramEnergyParts> dram_energy(const DramEnergyTable& table, const DramActivity& activity,
                                                 std::uint32_t clock_ps);

}  // namespace esact
