#include "mac_array/allocation.h"

#include "mac_array/timing.h"

namespace esact {
namespace {

class DynamicAllocation : public AllocationStrategy {
 public:
  bool allows(const MatrixCommand&, std::size_t) const override { return true; }
};

class StaticAllocation : public AllocationStrategy {
 public:
  explicit StaticAllocation(std::size_t groups) : groups_(groups) {}
  bool allows(const MatrixCommand& command, std::size_t group) const override {
    return !mac_array_timing::is_attention(command.kind) || command.work.head % groups_ == group;
  }

 private:
  std::size_t groups_;
};

}  // namespace

std::unique_ptr<const AllocationStrategy> make_allocation(const MacArrayConfig& config) {
  if (config.allocation == Allocation::kStatic) return std::make_unique<StaticAllocation>(config.groups);
  return std::make_unique<DynamicAllocation>();
}

}  // namespace esact
