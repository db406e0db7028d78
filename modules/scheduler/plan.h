#pragma once

#include <cstdint>
#include <vector>

#include "esact_interface/config.h"
#include "scheduler/parameter_layout.h"
#include "sparse_attention_engine/scratch.h"

namespace esact {

constexpr std::uint32_t kVectorRows = 16;    ///< rows of h that the vector unit gets at a time
constexpr std::uint32_t kVectorLanes = 2;    ///< such groups in flight (load, compute and store overlap)
constexpr std::uint32_t kDenseWindow = 64;   ///< rows of a window record where SPLS is off
constexpr std::uint32_t kStreamedRows = 32;  ///< rows of x that the predictor loads at a time where x is streamed

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

/// Consecutive tokens of the batch, whole windows, that go through a phase together.
struct RowBlock {
  std::uint32_t first_token = 0;
  std::uint32_t rows = 0;
};

/// Where x of the tokens is while heads are computed.
enum class XPlacement : std::uint8_t {
  kStreamed,  ///< in DRAM: whoever needs rows of it loads them
  kSequence,  ///< x of a sequence comes to SRAM once per head
  kBatch      ///< x of the whole batch stays in SRAM
};

/// How the attention phase uses the SRAM.
struct AttentionPlan {
  XPlacement x = XPlacement::kStreamed;
  bool keys_resident = false;     ///< keys and values of a head stay in SRAM; else they pass in blocks from DRAM
  std::uint32_t weight_sets = 1;  ///< heads whose weights may be in SRAM at a time
  std::uint32_t workers = 1;      ///< workers of the engine that get scratch
};

/// How the output projection uses the SRAM.
struct ProjectionPlan {
  bool weights_resident = false;       ///< all tiles of wo stay in SRAM; else they pass once per block
  std::uint32_t weight_tiles = 1;      ///< tiles of wo in SRAM at a time
  std::uint32_t workers = 1;           ///< workers of the FFN array that get scratch
  std::uint32_t blocks_in_flight = 1;  ///< blocks with buffers
  std::vector<RowBlock> blocks;
};

/// How the FFN uses the SRAM.
struct FfnPlan {
  std::uint32_t weight_tiles = 1;  ///< tiles of w1, w2 in SRAM at a time
  std::uint32_t workers = 1;       ///< workers of the FFN array that get scratch
  std::uint32_t y_chunks = 1;      ///< chunks of hidden columns whose y is in SRAM at a time
  std::vector<RowBlock> blocks;
};

/// How a layer uses the SRAM. Made before the layer starts from shapes alone, so that whatever the sparsity turns out
/// to be, the work fits; what sparsity leaves unused goes back to the page pool as it becomes known.
struct LayerPlan {
  AttentionPlan attention;
  ProjectionPlan projection;
  FfnPlan ffn;
  bool z_resident = false;          ///< z stays in SRAM; else it goes to DRAM per head and back per row block
  bool x1_resident = false;         ///< likewise x1, from the projection to the FFN
  std::uint64_t minimum_bytes = 0;  ///< SRAM below which the work does not fit
};

/// Plans `work` for the given accelerator, one page of whose SRAM holds descriptors. `minimum_bytes` is set in any
/// case; where it exceeds the SRAM there are no blocks and the work must be refused.
LayerPlan plan_layer(const LayerWork& work, const EsactConfig& config);

/// Smallest `sram.bytes` with which an accelerator of the given configuration runs `work`.
std::uint64_t minimum_sram_bytes(const LayerWork& work, const EsactConfig& config);

/// What a layer keeps in the DRAM scratch of its descriptor, as addresses from `base` on, 64-byte aligned.
struct ScratchLayout {
  ScratchLayout(const LayerWork& work, std::uint64_t base);

  std::uint64_t x;                ///< int8 [tokens, D], later x1
  std::uint64_t z;                ///< int8 [H][tokens, d]
  std::uint64_t representatives;  ///< uint8 [H][tokens], where SPLS is on
  std::uint64_t roots;            ///< uint8 [tokens], where SPLS is on
  std::uint64_t keys, values;     ///< int8 [longest, d] of the head in work
  std::uint64_t end;
};

/// Bytes of DRAM scratch that a descriptor must offer.
std::uint64_t scratch_bytes(const LayerWork& work);

/// Bytes of one row of the keep mask of a sequence of `tokens` tokens, a multiple of 8.
constexpr std::uint32_t mask_stride(std::uint32_t tokens) {
  return (tokens + 63) / 64 * 8;
}

/// What a worker of the engine keeps in SRAM.
EngineScratch engine_scratch(const LayerWork& work, const LayerPlan& plan);

/// Bytes of the predictor's buffer for rows of x: 0 unless x is streamed and SPLS on.
std::uint64_t predictor_rows_bytes(const LayerWork& work, const LayerPlan& plan);

/// Bytes of the buffers of one head of a sequence of `tokens` tokens, without the head's weights.
struct HeadBuffers {
  std::uint64_t keys = 0, values = 0, mask = 0, z = 0, x = 0;
  std::uint64_t selection = 0;  ///< representatives [tokens], then the PredictionResult at a multiple of 64
};
HeadBuffers head_buffers(const LayerWork& work, const LayerPlan& plan, std::uint32_t tokens);

/// Bytes of the buffers of a projection block; `scratch` of all workers.
struct ProjectionBuffers {
  std::uint64_t z = 0, sums = 0, representatives = 0, lists = 0, scratch = 0;
};
ProjectionBuffers projection_buffers(const LayerWork& work, const LayerPlan& plan);

/// Bytes of the buffers of the FFN phase; `y` of all chunks and `scratch` of all workers; lists and roots are there
/// twice.
struct FfnBuffers {
  std::uint64_t x1 = 0, y = 0, sums = 0, lists = 0, roots = 0, scratch = 0;
};
FfnBuffers ffn_buffers(const LayerWork& work, const LayerPlan& plan);

}  // namespace esact
