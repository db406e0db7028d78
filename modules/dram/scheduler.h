#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "dram/bank_queue.h"
#include "dram_interface/controller_config.h"

namespace esact {

/// Chooses among the bursts that wait for a bank.
class BurstScheduler {
 public:
  virtual ~BurstScheduler() = default;

  /// Place in `queue`, which is not empty, of the burst to serve next. `open_row`: the bank's, if one is open.
  virtual std::size_t choose(const BankQueue& queue, std::optional<std::uint32_t> open_row) const = 0;
};

std::unique_ptr<BurstScheduler> make_scheduler(DramScheduler kind);

}  // namespace esact
