#include "scheduler/row_groups.h"

#include <algorithm>

namespace esact {

RowGroups::RowGroups(const LayerContext& layer, bool with_x) : tasks_(layer.ports.tasks) {
  for (std::uint32_t lane = 0; lane < kVectorLanes; ++lane) {
    h_.push_back(layer.ports.space.allocate(h_bytes(layer.shape().width)));
    x_.push_back(layer.ports.space.allocate(with_x ? x_bytes(layer.shape().width) : 0));
  }
}

void RowGroups::for_each(std::uint32_t first_token, std::uint32_t rows,
                         const std::function<void(const Group&)>& body) const {
  TaskGroup lanes(tasks_);
  for (std::uint32_t lane = 0; lane < kVectorLanes; ++lane) {
    lanes.run([&, lane] {
      for (std::uint32_t row = lane * kVectorRows; row < rows; row += kVectorLanes * kVectorRows) {
        body({h_[lane].address(), x_[lane].address(), first_token + row, std::min(kVectorRows, rows - row)});
      }
    });
  }
  lanes.wait();
}

}  // namespace esact
