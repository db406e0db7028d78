#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace esact {

/// What a multiplication is for; the order of the report's `macs`.
enum class Operation : std::uint8_t { kQuery, kKey, kValue, kScore, kContext, kOutput, kFfn };
constexpr std::size_t kOperations = 7;

/// Everything a block can do that costs energy or that the report counts: integers only, one name an event.
/// The report's `macs` and the energy model read nothing else.
struct EventCounts {
  std::array<std::uint64_t, kOperations> macs{};  ///< int8 multiply-accumulates by operation
  std::uint64_t predictor_products = 0;           ///< products of levels (add-only, or int8 MACs with `exact`)
  std::uint64_t hlog_conversions = 0;             ///< int8 operands converted to codes
  std::uint64_t topk_compares = 0;
  std::uint64_t similarity_adds = 0;
  std::uint64_t output_adds = 0;        ///< scatter-add of reused output projections
  std::uint64_t vector_operations = 0;  ///< elements times passes in the vector unit
  std::uint64_t sram_read_bytes = 0;
  std::uint64_t sram_write_bytes = 0;
  std::uint64_t dma_bytes = 0;       ///< bytes moved between DRAM and SRAM, either way
  std::uint64_t streamed_bytes = 0;  ///< of these, rows of x that were loaded for one step of a head
  std::uint64_t spilled_bytes = 0;   ///< of these, keys and values on their way to DRAM and back

  EventCounts& operator+=(const EventCounts& other);
  EventCounts& operator-=(const EventCounts& other);
};

}  // namespace esact
