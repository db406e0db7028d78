#include "dram/refresh_policy.h"

namespace esact {
namespace {

class NoRefresh : public RefreshPolicy {
 public:
  DramCycle due() const override { return kNever; }
  void refreshed() override {}
};

class AllBankRefresh : public RefreshPolicy {
 public:
  explicit AllBankRefresh(DramCycle interval) : interval_(interval), due_(interval) {}
  DramCycle due() const override { return due_; }
  void refreshed() override { due_ += interval_; }

 private:
  DramCycle interval_;
  DramCycle due_;
};

}  // namespace

std::unique_ptr<RefreshPolicy> make_refresh_policy(bool enabled, DramCycle interval) {
  if (!enabled) return std::make_unique<NoRefresh>();
  return std::make_unique<AllBankRefresh>(interval);
}

}  // namespace esact
