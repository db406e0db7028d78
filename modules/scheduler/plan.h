#pragma once

#include <cstdint>
#include <vector>

#include "esact_interface/config.h"
#include "scheduler/parameter_layout.h"

namespace esact {

constexpr std::uint32_t kVectorRows = 16;   ///< rows of h that the vector unit gets at a time
constexpr std::uint32_t kVectorLanes = 2;   ///< such groups in flight (load, compute and store overlap)
constexpr std::uint32_t kDenseWindow = 64;  ///< rows of a window record where SPLS is off

/// Work of one descriptor: a layer's shape and knobs and the packed sequences.
struct LayerWork {
  LayerShape shape;
  SplsKnobs spls;
  std::vector<std::uint32_t> sequences;  ///< token counts

  std::uint32_t tokens() const;
  std::uint32_t longest() const;
  /// Rows of a window record.
  std::uint32_t window() const { return spls.enabled ? spls.window : kDenseWindow; }
};

/// Consecutive tokens of the batch, whole windows, that go from the output projection to the end of the layer together.
struct RowBlock {
  std::uint32_t first_token = 0;
  std::uint32_t rows = 0;
};

/// How a layer uses the SRAM. Made before the layer starts from shapes alone, so that whatever the sparsity turns out
/// to be, the work fits; what sparsity leaves unused goes back to the page pool as it becomes known.
struct LayerPlan {
  bool x_resident = false;           ///< x of the whole batch stays in SRAM; else it is streamed per head
  bool z_resident = false;           ///< z stays in SRAM; else it goes to DRAM per head and back per row block
  std::uint32_t weight_sets = 1;     ///< heads whose weights may be in SRAM at a time
  std::uint32_t engine_workers = 1;  ///< workers of the engine that get scratch
  std::uint32_t weight_tiles = 1;    ///< tiles of wo, w1, w2 in SRAM at a time
  std::uint32_t ffn_workers = 1;     ///< workers of the FFN array that get scratch
  std::vector<RowBlock> blocks;
  std::uint64_t minimum_bytes = 0;  ///< SRAM below which the work does not fit

  std::uint32_t largest_block() const;
};

/// Plans `work` for the given accelerator, one page of whose SRAM holds descriptors. `minimum_bytes` is set in any
/// case; where it exceeds the SRAM there are no blocks and the work must be refused.
LayerPlan plan_layer(const LayerWork& work, const EsactConfig& config);

/// Smallest `sram.bytes` with which an accelerator of the given configuration runs `work`.
std::uint64_t minimum_sram_bytes(const LayerWork& work, const EsactConfig& config);

/// Bytes of DRAM scratch that a descriptor must offer: x and z of the whole batch.
std::uint64_t scratch_bytes(const LayerWork& work);

/// Bytes of the buffers of one head of a sequence of `tokens` tokens, without the head's weights.
struct HeadBuffers {
  std::uint64_t keys = 0, values = 0, mask = 0, z = 0, x = 0;
};
HeadBuffers head_buffers(const LayerWork& work, const LayerPlan& plan, std::uint32_t tokens);

/// Bytes of one row of the keep mask of a sequence of `tokens` tokens, a multiple of 8.
constexpr std::uint32_t mask_stride(std::uint32_t tokens) {
  return (tokens + 63) / 64 * 8;
}

/// Bytes of the buffers of one row block of `rows` rows.
struct BlockBuffers {
  std::uint64_t z = 0, x1 = 0, y = 0, sums = 0, lists = 0, scratch = 0;
  std::uint32_t y_chunks = 1;  ///< chunks of y held at a time, each y / y_chunks bytes
};
BlockBuffers block_buffers(const LayerWork& work, const LayerPlan& plan, std::uint32_t rows);

}  // namespace esact
