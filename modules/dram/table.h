#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dram/address_mapping.h"
#include "dram/energy.h"
#include "dram_interface/command.h"

namespace esact {

/// Least distance between the first cycles of two commands.
struct DramConstraint {
  DramCommand after;
  DramCommand before;
  DramCycle cycles;
};

/// What a controller must know of a DRAM: organisation, timing rules, address mapping and energy. Times in tCK.
struct DramTable {
  std::string name;
  std::uint32_t clock_ps = 0;

  std::uint32_t bank_groups = 0;
  std::uint32_t banks = 0;  ///< of a channel, all groups together
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t column_bytes = 0;
  std::uint32_t burst_bytes = 0;
  DramCycle burst_cycles = 0;  ///< for which a burst holds the data bus

  std::array<DramCycle, kDramCommands> command_cycles{};   ///< for which a command holds its bus
  std::array<std::uint32_t, kDramCommands> command_bus{};  ///< 0 to buses - 1
  std::uint32_t buses = 0;

  std::vector<DramConstraint> bank_constraints;        ///< between commands of one bank
  std::vector<DramConstraint> bank_group_constraints;  ///< between commands of one bank group
  std::vector<DramConstraint> channel_constraints;     ///< between commands of one channel
  std::uint32_t window_activations = 0;                ///< so many activations lie in `window_cycles` at most
  DramCycle window_cycles = 0;

  DramCycle read_end = 0;         ///< end of the data after a read's first cycle
  DramCycle write_end = 0;        ///< the same of a write
  DramCycle read_precharge = 0;   ///< from RDA to the precharge it brings
  DramCycle write_precharge = 0;  ///< the same of WRA
  DramCycle refresh_interval = 0;
  DramCycle direct_latency = 0;  ///< of a direct access in loose mode

  DramBitLists mapping;
  DramEnergyTable energy;

  /// Bytes of one channel.
  std::uint64_t channel_bytes() const { return std::uint64_t{banks} * rows * columns * column_bytes; }
};

/// Reads a table; std::invalid_argument "source: key: problem" if it is not one.
DramTable parse_dram_table(const std::string& text, const std::string& source);

/// Reads bit lists as JSON or YAML, with or without the outer key `addressmapping`; std::invalid_argument as above.
DramBitLists parse_dram_mapping(const std::string& text, const std::string& source);

/// Names of the compiled-in tables: ddr4, lpddr4, hbm2.
const std::vector<std::string>& dram_presets();

/// Text of a compiled-in table; std::invalid_argument if there is none of that name.
const std::string& dram_table_text(std::string_view preset);

/// The compiled-in table `preset`.
DramTable dram_table(std::string_view preset);

}  // namespace esact
