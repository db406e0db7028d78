#pragma once

#include <cstdint>
#include <functional>
#include <systemc>
#include <vector>

#include "common/clock.h"
#include "dram/byte_store.h"
#include "dram/controller.h"
#include "dram/data_bus.h"
#include "dram/dram_model.h"
#include "dram/dram_port.h"

namespace esact {

/// A DRAM of a timing table with its data.
struct TimedDramConfig {
  std::uint64_t bytes = 0;  ///< that exist; 0: all that the table and the channels give
  DramControllerConfig controller;
  bool direct_access =
      false;  ///< offers the direct memory interface: for loose mode only, since it bypasses the queues
};

/// DRAM with a cycle-accurate controller (docs/dram_controller.md). An access of any length is cut into bursts and ends
/// when the data of the last one do; END_REQ comes when the last one has entered its bank's queue. A burst's bytes move
/// with its column command, so that overlapping accesses see each other in the order of their arrival.
///
/// Takes simulation events only while an access is under way; refreshes of the time between are caught up with then.
class TimedDram : public sc_core::sc_module, public DramModel, private DramClient, private DramPort::Owner {
 private:
  mutable DramController controller_;  // first: the others need what the table says
  ByteStore bytes_;

 public:
  DramPort memory;

  /// std::invalid_argument if table and configuration do not fit each other.
  TimedDram(const sc_core::sc_module_name& name, const DramTable& table, const TimedDramConfig& config);

  tlm::tlm_base_target_socket_b<32>& socket() override { return memory; }
  DramStatistics statistics() const override;
  const Ledger& ledger() const override;

  /// All that the controller counted up to now.
  DramControllerStatistics controller_statistics() const;

  /// Calls `log` with every command from now on.
  void record_commands(std::function<void(const DramCommandRecord&)> log);

  const DramTable& table() const { return controller_.table(); }
  const ByteStore& bytes() const { return bytes_; }

 private:
  struct Ended {
    DramPort::Access access;
    DramCycle end;
  };

  void start(const DramPort::Access& access) override;
  void command(const DramCommandRecord& record) override { log_(record); }
  void burst(std::uint32_t request, std::uint64_t address, DramCycle end) override;
  void entered(std::uint32_t request) override;
  void completed(std::uint32_t request, DramCycle end) override;

  void work();
  void tell();
  void catch_up() const;

  Clock clock_;
  mutable DataBusLedger data_buses_;
  sc_core::sc_event due_;
  std::vector<DramPort::Access> accesses_;  // by the controller's request number
  std::vector<DramPort::Request> entered_;  // to be accepted
  std::vector<Ended> ended_;                // to be answered
  std::function<void(const DramCommandRecord&)> log_;
};

}  // namespace esact
