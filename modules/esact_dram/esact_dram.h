#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "dram_interface/command.h"
#include "dram_interface/controller_config.h"
#include "dram_interface/figure.h"

namespace esact {

/// Which DRAM, and how much of it.
struct EsactDramConfig {
  std::string preset = "ddr4";  ///< compiled-in timing table: ddr4, lpddr4 or hbm2
  std::string table;            ///< text of a YAML timing table of your own instead, see docs/dram_controller.md
  std::uint64_t bytes = 0;      ///< that exist; 0: all that the table and the channels give
  DramControllerConfig controller;
  /// Offers the direct memory interface, with the table's fixed latency and without queues: for loosely timed hosts.
  bool direct_access = false;
};

/// A DRAM with a cycle-accurate controller and its bytes, for platforms of any kind: needs nothing of the accelerator.
/// docs/dram_controller.md says what it does. Keeps no global state.
class EsactDram : public sc_core::sc_module {
 public:
  /// A configuration of which no DRAM can be built is an SC_REPORT_ERROR naming the object and what was expected.
  EsactDram(const sc_core::sc_module_name& name, const EsactDramConfig& config);
  ~EsactDram() override;

  /// For any number of initiators. Byte addresses 0 to bytes() - 1; blocking and non-blocking accesses of any length
  /// and alignment, debug accesses.
  tlm_utils::multi_passthrough_target_socket<EsactDram, 32> memory;

  std::uint64_t bytes() const;
  /// Of tCK, the unit in which the controller counts.
  sc_core::sc_time clock_period() const;
  /// Everything the controller counted up to now, with units and descriptions.
  std::vector<DramFigure> figures() const;
  /// Calls `log` with every command from now on.
  void record_commands(std::function<void(const DramCommandRecord&)> log);

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

}  // namespace esact
