#include "dram/page_policy.h"

namespace esact {
namespace {

class OpenPage : public PagePolicy {
 public:
  bool closes(const BankQueue&, std::size_t) const override { return false; }
};

class ClosedPage : public PagePolicy {
 public:
  bool closes(const BankQueue&, std::size_t) const override { return true; }
};

class AdaptivePage : public PagePolicy {
 public:
  bool closes(const BankQueue& queue, std::size_t place) const override {
    if (queue.size() == 1) return false;
    for (std::size_t other = 0; other < queue.size(); ++other) {
      if (other != place && queue[other].row == queue[place].row) return false;
    }
    return true;
  }
};

}  // namespace

std::unique_ptr<PagePolicy> make_page_policy(DramPagePolicy kind) {
  switch (kind) {
    case DramPagePolicy::kClosed:
      return std::make_unique<ClosedPage>();
    case DramPagePolicy::kAdaptive:
      return std::make_unique<AdaptivePage>();
    case DramPagePolicy::kOpen:
      break;
  }
  return std::make_unique<OpenPage>();
}

}  // namespace esact
