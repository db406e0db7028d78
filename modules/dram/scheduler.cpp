#include "dram/scheduler.h"

namespace esact {
namespace {

class Fifo : public BurstScheduler {
 public:
  std::size_t choose(const BankQueue&, std::optional<std::uint32_t>) const override { return 0; }
};

class FrFcfs : public BurstScheduler {
 public:
  std::size_t choose(const BankQueue& queue, std::optional<std::uint32_t> open_row) const override {
    if (!open_row) return 0;
    for (std::size_t place = 0; place < queue.size(); ++place) {
      if (queue[place].row == *open_row) return place;
    }
    return 0;
  }
};

}  // namespace

std::unique_ptr<BurstScheduler> make_scheduler(DramScheduler kind) {
  if (kind == DramScheduler::kFifo) return std::make_unique<Fifo>();
  return std::make_unique<FrFcfs>();
}

}  // namespace esact
