#pragma once

#include <cstddef>
#include <memory>

#include "dram/bank_queue.h"
#include "dram_interface/controller_config.h"

namespace esact {

/// Decides whether an access closes its row.
class PagePolicy {
 public:
  virtual ~PagePolicy() = default;

  /// Whether the access at `place` of its bank's queue is to precharge the bank on its own.
  virtual bool closes(const BankQueue& queue, std::size_t place) const = 0;
};

std::unique_ptr<PagePolicy> make_page_policy(DramPagePolicy kind);

}  // namespace esact
