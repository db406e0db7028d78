#pragma once

#include <functional>

#include "scheduler/plan.h"

namespace esact {

/// Makes the plan of a layer: starts from the least that works and spends the SRAM beyond it on what is worth most
/// first (docs/scheduler.md).
class Planner {
 public:
  Planner(const LayerWork& work, const EsactConfig& config);

  LayerPlan plan();

 private:
  /// How many heads have their weights and their other buffers in SRAM at a time.
  struct HeadsInFlight {
    std::uint64_t weights = 1;
    std::uint64_t buffers = 1;
  };
  using Change = std::function<void(LayerPlan&)>;

  LayerPlan least() const;
  void plan_attention();
  void plan_projection();
  void plan_ffn();

  /// Keeps the change if the plan still fits with that many heads in flight; says whether it did.
  bool try_change(const Change& change, HeadsInFlight heads);
  bool try_change(const Change& change) { return try_change(change, HeadsInFlight()); }
  /// Gives blocks as many rows as fit.
  void enlarge(std::function<std::vector<RowBlock>&(LayerPlan&)> blocks);

  std::uint64_t needed_pages(const LayerPlan& plan, HeadsInFlight heads) const;
  std::uint64_t attention_pages(const LayerPlan& plan, HeadsInFlight heads) const;
  std::uint64_t projection_pages(const LayerPlan& plan) const;
  std::uint64_t ffn_pages(const LayerPlan& plan) const;
  std::uint64_t row_group_pages(bool with_x) const;

  /// The batch in blocks of whole windows of at most about `rows` rows, as equal as the windows allow.
  std::vector<RowBlock> cut_blocks(std::uint32_t rows) const;
  /// `rows`, but no less than the smallest possible block and no more than there are.
  std::uint32_t block_rows(std::uint32_t rows) const;

  const LayerWork& work_;
  const EsactConfig& config_;
  const ParameterLayout layout_;
  const std::uint64_t available_;       ///< pages
  const std::uint32_t smallest_block_;  ///< rows
  LayerPlan plan_;
};

}  // namespace esact
