#pragma once

#include <functional>
#include <vector>

#include "scheduler/layer_context.h"

namespace esact {

/// Buffers through which rows of h and of what becomes of them pass, kVectorRows at a time in kVectorLanes lanes, so
/// that loading, computing and storing overlap.
class RowGroups {
 public:
  /// Some rows on their way.
  struct Group {
    std::uint64_t h;            ///< SRAM: int32 [rows, D]
    std::uint64_t x;            ///< SRAM: int8 [rows, D]; kNoAddress where not asked for
    std::uint32_t first_token;  ///< in the batch
    std::uint32_t rows;
  };

  /// `with_x`: the lanes have room for int8 rows too.
  RowGroups(const LayerContext& layer, bool with_x);

  /// Runs `body` for `rows` rows from `first_token` on, and makes the calling thread wait until all are done.
  void for_each(std::uint32_t first_token, std::uint32_t rows, const std::function<void(const Group&)>& body) const;

  /// SRAM bytes of one lane's buffers.
  static std::uint64_t h_bytes(std::uint32_t width) {
    return std::uint64_t{kVectorRows} * width * sizeof(std::int32_t);
  }
  static std::uint64_t x_bytes(std::uint32_t width) { return std::uint64_t{kVectorRows} * width; }

 private:
  TaskPool& tasks_;
  std::vector<SramBuffer> h_, x_;
};

}  // namespace esact
