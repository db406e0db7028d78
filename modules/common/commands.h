#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/quantizer.h"

/// The records that blocks send one another: each command is one base-protocol write whose data is one of these,
/// little-endian and of fixed layout. Addresses are SRAM addresses unless a field says otherwise; kNoAddress: absent.
namespace esact {

constexpr std::uint64_t kNoAddress = ~std::uint64_t{0};
constexpr std::uint32_t kTileColumns = 64;  ///< columns of a weight tile and of a multiplier line
constexpr std::uint32_t kTileDepth = 1024;  ///< longest reduction of one matrix command

/// Where a piece of work belongs; with the kind, the order of the MAC array's ready queue.
struct WorkId {
  std::uint16_t layer = 0;
  std::uint16_t sequence = 0;  ///< index in the batch
  std::uint16_t head = 0;
  std::uint16_t window = 0;  ///< window of the sequence, or row block
};

/// A matrix in SRAM cut into vertical panels: panel p holds columns p*panel_columns.. of all rows, rows contiguous
/// (the last panel may be narrower and its rows are then shorter). One panel is a plain row-major matrix.
struct PanelMatrix {
  std::uint64_t address = kNoAddress;
  std::uint64_t panel_stride = 0;  ///< bytes from one panel to the next
  std::uint32_t columns = 0;
  std::uint32_t panel_columns = 0;
};

enum class MatrixKind : std::uint16_t { kQuery, kKeyValue, kScore, kContext, kOutput, kFfn1, kFfn2 };

/// mac_array. Projections (all kinds but score and context): C[rows, columns] = A[row_list, depth] B[depth, columns],
/// int8 to int32. Score:   C[entry] = A[row] . B[column of entry]    for every entry of the lists; A int8 [rows,
/// depth], B int8 [keys, depth], C int32 [entries]. Context: C[row] = sum over its entries of A[entry] * B[column of
/// entry]; A uint8 [entries], B int8 [keys, columns], C int32 [rows, columns]. Lists: uint32 row_pointers[rows + 1] at
/// `lists`, followed by uint16 columns[entries] (indices of keys, in any order).
struct MatrixCommand {
  WorkId work;
  MatrixKind kind = MatrixKind::kQuery;
  std::uint16_t accumulate = 0;  ///< 1: added to what C holds
  std::uint32_t rows = 0;
  std::uint32_t depth = 0;              ///< reduction length, at most kTileDepth
  std::uint32_t columns = 0;            ///< outputs of a row; score: 0
  std::uint32_t keys = 0;               ///< score, context: rows of B
  PanelMatrix a;                        ///< projections; score and context use a.address only
  std::uint64_t row_list = kNoAddress;  ///< projections: uint16 row of A for each row; kNoAddress: rows 0, 1, ...
  PanelMatrix b;
  std::uint64_t lists = kNoAddress;
  std::uint64_t first_entries = kNoAddress;  ///< uint32 [rows]: entry of C (score) or A (context) where each row's
                                             ///< begin; kNoAddress: row_pointers
  std::uint64_t c = kNoAddress;              ///< int32, row-major
};

enum class VectorKind : std::uint16_t {
  kQuantise,    ///< x = requantise(h)                                       in: h int32 [rows, width]; out: x int8
  kLayerNorm,   ///< n = layer_norm(h); x = requantise(n)                    in: h; out: x and/or h_out
  kRequantise,  ///< out = requantise(acc + bias)                            in: acc int32 [rows, width]; out: int8
                ///< panels
  kSoftmax,     ///< weights and row sums of the lists' scores               in: int32 [entries]; out: uint8 [entries],
                ///< sums uint32 [rows]
  kContext,     ///< z = requantise(round_divide(256 acc, sum))              in: acc int32 [rows, width], sums; out: z
                ///< int8, row r to out row row_list[r]
  kActivate,    ///< y = requantise(table[requantise(acc + bias)])           in: acc [rows, width]; out: y int8 [rows,
                ///< width]
  kScatterAdd,  ///< acc[r] += partial[row_list[r]]                          in: partial int32 [.., width]; out: acc
                ///< int32 [rows, width]
  kResidual  ///< r = h + rescale(acc[row_list[row]] + bias), see flags   in: acc int32 panels, h; out: h_out and/or x
};

/// Parameters of a layer norm in SRAM: int32 gamma[width], beta[width].
struct NormParameters {
  std::uint64_t gamma = kNoAddress;
  std::uint64_t beta = kNoAddress;
  std::uint32_t shift = 0;
  std::int32_t epsilon = 0;
};

/// Parameters of a requantisation in SRAM: int32 multiplier[width], uint8 shift[width].
struct ScaleParameters {
  std::uint64_t multiplier = kNoAddress;
  std::uint64_t shift = kNoAddress;
};

/// vector_unit. kResidual: r = h + rescale(acc + bias, scale); n = norm.gamma given ? layer_norm(r, norm) : r;
/// h_out = norm_is_output ? n : r; x = requantise(n, scale2).
struct VectorCommand {
  WorkId work;
  VectorKind kind = VectorKind::kQuantise;
  std::uint16_t norm_is_output = 0;
  std::uint32_t rows = 0;
  std::uint32_t width = 0;
  std::uint32_t partial_rows = 0;  ///< kScatterAdd: rows of `in`
  std::uint32_t clear = 0;         ///< kScatterAdd: 1: acc starts from zero
  std::uint64_t in = kNoAddress;   ///< scores, accumulators (row-major), partial sums or h
  PanelMatrix acc;                 ///< kResidual: accumulators of the whole row block
  std::uint32_t acc_rows = 0;      ///< kResidual: rows of acc
  std::uint32_t first_column = 0;  ///< column of the tensor where this tile starts; parameters are given from there
  std::uint64_t row_list = kNoAddress;  ///< uint16, see kinds; kResidual: kNoAddress means rows first_acc_row, ...
  std::uint64_t lists = kNoAddress;     ///< kSoftmax: as in MatrixCommand
  std::uint64_t sums = kNoAddress;      ///< uint32 [rows]
  std::uint64_t bias = kNoAddress;      ///< int32 [width]; kNoAddress: none
  ScaleParameters scale;                ///< first requantisation or rescale; kSoftmax: one value each
  ScaleParameters scale2;               ///< kActivate: y; kResidual: x
  std::uint64_t table = kNoAddress;     ///< int16 [256]
  NormParameters norm;
  PanelMatrix out;                    ///< int8 or uint8 result; address kNoAddress: not wanted
  std::uint64_t h = kNoAddress;       ///< kResidual: int32 [rows, width]
  std::uint64_t h_out = kNoAddress;   ///< int32 result; kScatterAdd: acc
  std::uint64_t tokens = kNoAddress;  ///< uint32 [rows]: index in the batch of each row, for the tensor tap;
                                      ///< kNoAddress: from first_token on
  std::uint32_t first_token = 0;
  std::uint32_t first_acc_row = 0;  ///< kResidual: without row_list, row r takes acc row first_acc_row + r; with it,
                                    ///< the first acc row that no row of an earlier command takes (for the tensor tap)
};

enum class DmaDirection : std::uint32_t { kToSram, kToSystem };

/// dma: moves `bytes` between the system (64-bit address) and SRAM.
struct DmaCommand {
  DmaDirection direction = DmaDirection::kToSram;
  std::uint32_t reserved = 0;
  std::uint64_t system_address = 0;
  std::uint64_t sram_address = 0;
  std::uint64_t bytes = 0;
};

enum class PredictorKind : std::uint16_t { kPredict, kVote };

/// SPLS knobs of one layer as the descriptor carries them (specification section 3).
struct SplsKnobs {
  std::uint16_t enabled = 0;
  std::uint16_t k_q8 = 51;
  std::uint16_t s_q8 = 128;  ///< 0..65535
  std::uint16_t f_q8 = 128;
  std::uint16_t window = 8;
  kernels::Quantizer quantizer = kernels::Quantizer::kHlog;
  std::uint8_t offset_kth = 0;
  std::uint8_t hamming = 0;
  std::uint8_t reserved[3] = {};
};

/// spls_predictor. kPredict: one head of one sequence, whose window records go to the engine; kVote: FFN roots of one
/// sequence.
struct PredictorCommand {
  WorkId work;
  PredictorKind kind = PredictorKind::kPredict;
  std::uint16_t causal = 0;
  SplsKnobs spls;
  std::uint16_t heads = 0;
  std::uint16_t q_shift = 0;
  std::uint16_t k_shift = 0;
  std::uint16_t slot = 0;         ///< of the head's AttendCommand, goes into its window records
  std::uint32_t tokens = 0;       ///< L of the sequence
  std::uint32_t width = 0;        ///< D
  std::uint32_t head_width = 0;   ///< d
  std::uint32_t first_token = 0;  ///< of the sequence, in the batch
  std::uint32_t x_rows = 0;
  std::uint32_t reserved = 0;
  std::uint64_t x = kNoAddress;         ///< int8 [tokens, width], or a buffer for x_rows rows where x_system is given
  std::uint64_t x_system = kNoAddress;  ///< system address of x where it is streamed
  std::uint64_t wq = kNoAddress;        ///< int8 [width, head_width]
  std::uint64_t wk = kNoAddress;
  std::uint64_t bq = kNoAddress;  ///< int32 [head_width]
  std::uint64_t bk = kNoAddress;
  std::uint64_t mask =
      kNoAddress;  ///< out: bit j%8 of byte j/8 of each row: column j is kept; rows of mask_stride bytes
  std::uint32_t mask_stride = 0;
  std::uint32_t representative_stride = 0;  ///< kVote: bytes from one head's row to the next
  std::uint64_t representative =
      kNoAddress;  ///< uint8 [tokens] of this head: row i's representative is row i - byte; kVote: of head 0
  std::uint64_t root = kNoAddress;    ///< kVote, out: uint8 [tokens]: row i's root is row i - byte
  std::uint64_t result = kNoAddress;  ///< kPredict, out: PredictionResult
};

/// What a prediction found, written when its last record has left.
struct PredictionResult {
  std::uint32_t critical_rows = 0;
  std::uint32_t needed_columns = 0;
};

/// sparse_attention_engine, from the scheduler: one head of one sequence; completes when all its windows are attended.
struct AttendCommand {
  WorkId work;
  std::uint16_t causal = 0;
  std::uint16_t slot = 0;     ///< names this job in its window records
  std::uint32_t windows = 0;  ///< records to come
  std::uint32_t tokens = 0;
  std::uint32_t width = 0;
  std::uint32_t head_width = 0;
  std::uint32_t first_token = 0;
  std::uint32_t mask_stride = 0;
  std::uint64_t x = kNoAddress;               ///< int8 [tokens, width]; unused where x_system is given
  std::uint64_t x_system = kNoAddress;        ///< system address of x where it is streamed
  PanelMatrix wq;                             ///< int8 [width, head_width]
  PanelMatrix wkv;                            ///< panels wk, wv
  std::uint64_t q_bias = kNoAddress;          ///< int32 [head_width]
  std::uint64_t kv_bias = kNoAddress;         ///< int32 [2 * head_width]
  ScaleParameters q_scale;                    ///< [head_width]
  ScaleParameters kv_scale;                   ///< [2 * head_width]
  ScaleParameters softmax_scale;              ///< [1]
  ScaleParameters z_scale;                    ///< [head_width]
  std::uint64_t mask = kNoAddress;            ///< kNoAddress: every valid column is kept (dense)
  std::uint64_t keys = kNoAddress;            ///< buffer int8 [tokens, head_width], filled in the order of generation
  std::uint64_t values = kNoAddress;          ///< likewise
  std::uint64_t keys_system = kNoAddress;     ///< system address of that buffer where keys and values are spilled
  std::uint64_t values_system = kNoAddress;   ///< likewise
  std::uint64_t representative = kNoAddress;  ///< as in PredictorCommand; kNoAddress: every row is critical
  std::uint64_t z = kNoAddress;               ///< out: int8 [tokens, head_width], similar rows included
  std::uint64_t scratch = kNoAddress;         ///< worker w of the engine works at scratch + w * scratch_stride
  std::uint32_t scratch_stride = 0;           ///< at least EngineScratch::bytes
  std::uint32_t workers = 1;                  ///< workers that have scratch
};

/// windows socket of the engine: one window of one head, in the order of rows.
struct WindowRecord {
  std::uint16_t slot = 0;  ///< of the AttendCommand
  std::uint16_t window = 0;
  std::uint16_t first_row = 0;
  std::uint16_t rows = 0;           ///< at most 64
  std::uint64_t critical_rows = 0;  ///< bit r: row first_row + r is critical
};

enum class FfnKind : std::uint16_t { kProjectionRows, kFfnRows, kOutput, kFfn1, kFfn2 };

/// ffn_array. kProjectionRows, kFfnRows: derive the row lists of a block of whole windows, which the block's other
/// commands use. kOutput, kFfn1 (with activation), kFfn2: one row block x one column tile.
struct FfnCommand {
  WorkId work;  ///< window: row block
  FfnKind kind = FfnKind::kOutput;
  std::uint16_t heads = 0;
  std::uint16_t accumulate = 0;               ///< kFfn2: not the first chunk of the reduction
  std::uint16_t reuse = 0;                    ///< kOutput: partial products of critical rows are reused
  std::uint32_t rows = 0;                     ///< of the block
  std::uint32_t computed_rows = 0;            ///< kFfn1, kFfn2: those of them whose FFN is computed
  std::uint32_t first_token = 0;              ///< of the block, in the batch
  std::uint32_t depth = 0;                    ///< reduction length of this command; kOutput: heads * head width
  std::uint32_t columns = 0;                  ///< of this tile, at most kTileColumns
  std::uint32_t first_column = 0;             ///< of this tile
  std::uint64_t representative = kNoAddress;  ///< kProjectionRows: uint8 [heads, rows], see PredictorCommand
  std::uint64_t root = kNoAddress;            ///< kFfnRows: uint8 [rows], kNoAddress: every row is its own root
  std::uint64_t lists = kNoAddress;           ///< ProjectionLists or FfnLists of the block
  PanelMatrix a;  ///< kOutput: z, a panel per head; kFfn1: x1; kFfn2: y of the computed rows, panels of kTileColumns
  PanelMatrix weights;              ///< [depth, columns]
  std::uint64_t out = kNoAddress;   ///< kOutput: int32 [rows, columns]; kFfn1: y int8 [computed, columns]; kFfn2: int32
                                    ///< [computed, columns]
  std::uint64_t bias = kNoAddress;  ///< kFfn1: int32 [columns]
  ScaleParameters hidden_scale;     ///< kFfn1
  ScaleParameters y_scale;          ///< kFfn1
  std::uint64_t table = kNoAddress;    ///< kFfn1
  std::uint64_t scratch = kNoAddress;  ///< worker w of the array works at scratch + w * scratch_stride
  std::uint64_t scratch_stride = 0;    ///< at least rows * kTileColumns * 4
  std::uint32_t workers = 1;           ///< workers that have scratch
  std::uint32_t reserved = 0;
};

/// Where kProjectionRows puts the lists of a block in SRAM, and kOutput finds them: uint16 counts[heads], then for each
/// head two uint16 lists of `rows` entries.
struct ProjectionLists {
  std::uint64_t address = 0;
  std::uint32_t rows = 0;
  std::uint32_t heads = 0;

  std::uint64_t counts() const { return address; }                                    ///< of each head's critical rows
  std::uint64_t critical_rows(std::uint32_t head) const { return list(2 * head); }    ///< ascending
  std::uint64_t partial_row(std::uint32_t head) const { return list(2 * head + 1); }  ///< per row: index in these
  std::uint64_t bytes() const { return list(2 * heads) - address; }

 private:
  std::uint64_t list(std::uint32_t index) const {
    return address + (heads + std::uint64_t{index} * rows) * sizeof(std::uint16_t);
  }
};

/// Where kFfnRows puts the lists of a block of `rows` rows in SRAM.
struct FfnLists {
  std::uint64_t address = 0;
  std::uint32_t rows = 0;

  std::uint64_t tokens() const { return address; }  ///< uint32 per computed row: index in the batch
  std::uint64_t computed_rows() const {             ///< uint16: rows whose FFN is computed, ascending
    return address + std::uint64_t{rows} * sizeof(std::uint32_t);
  }
  std::uint64_t increment_row() const {  ///< uint16 per row: index in computed_rows of its root
    return computed_rows() + std::uint64_t{rows} * sizeof(std::uint16_t);
  }
  std::uint64_t bytes() const { return std::uint64_t{rows} * 8; }
};

static_assert(std::is_trivially_copyable_v<MatrixCommand> && std::is_trivially_copyable_v<VectorCommand>);
static_assert(std::is_trivially_copyable_v<PredictorCommand> && std::is_trivially_copyable_v<AttendCommand>);
static_assert(std::is_trivially_copyable_v<FfnCommand> && std::is_trivially_copyable_v<DmaCommand>);
static_assert(sizeof(WindowRecord) == 16 && sizeof(SplsKnobs) == 16);

}  // namespace esact
