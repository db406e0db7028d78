#pragma once

#include <utility>
#include <vector>

#include "scheduler/plan.h"

namespace esact {

/// Work over sequences of the given lengths, SPLS at its defaults.
inline LayerWork make_work(std::uint32_t heads, std::uint32_t head_width, std::uint32_t ffn_width,
                           std::vector<std::uint32_t> sequences, bool sparse = true) {
  LayerWork work;
  work.shape.heads = heads;
  work.shape.head_width = head_width;
  work.shape.width = heads * head_width;
  work.shape.ffn_width = ffn_width;
  work.spls.enabled = sparse;
  work.sequences = std::move(sequences);
  return work;
}

}  // namespace esact
