#pragma once

#include <algorithm>
#include <cstdint>

#include "common/address_cursor.h"

namespace esact {

constexpr std::uint32_t kGenerateColumns = 32;  ///< columns whose K and V one work item generates
constexpr std::uint32_t kAttendRows = 8;        ///< critical rows that one work item attends
constexpr std::uint32_t kSpilledKeys = 64;      ///< keys, or values, that come back from DRAM at a time

/// What one worker of the engine keeps in SRAM, as offsets from the start of its scratch. A worker either generates
/// keys and values or attends rows, so both layouts start at the same place. Every part starts at a multiple of 64
/// bytes.
struct EngineScratch {
  /// `tokens`: length of the longest sequence; `head_width`: d; `x_width`: D where x is streamed, else 0; `spilled`:
  /// keys and values are in DRAM.
  EngineScratch(std::uint32_t tokens, std::uint32_t head_width, std::uint32_t x_width, bool spilled) {
    constexpr std::uint64_t kRows = kAttendRows, kColumns = kGenerateColumns;
    AddressCursor shared(0);
    row_list = shared.take(kColumns * sizeof(std::uint16_t));
    x_rows = shared.take(kColumns * x_width);
    sums = shared.next();

    AddressCursor generate(sums);
    generate.take(2 * kColumns * head_width * sizeof(std::int32_t));
    generated = generate.take(spilled ? 2 * kColumns * head_width : 0);

    AddressCursor attend(sums);
    attend.take(kRows * head_width * sizeof(std::int32_t));
    query = attend.take(kRows * head_width);
    lists = attend.take((kRows + 1) * sizeof(std::uint32_t) + kRows * tokens * sizeof(std::uint16_t));
    scores = attend.take(kRows * tokens * sizeof(std::int32_t));
    weights = attend.take(kRows * tokens);
    weight_sums = attend.take(kRows * sizeof(std::uint32_t));
    block = attend.take(spilled ? std::uint64_t{kSpilledKeys} * head_width : 0);
    block_lists = attend.take(
        spilled ? (2 * kRows + 1) * sizeof(std::uint32_t) + kRows * kSpilledKeys * sizeof(std::uint16_t) : 0);
    bytes = std::max(generate.next(), attend.next());
  }

  std::uint64_t row_list;     ///< uint16 rows of x
  std::uint64_t x_rows;       ///< int8 [columns, D]: rows of x that were streamed
  std::uint64_t sums;         ///< int32 accumulators: K and V [columns, 2d], or Q and then the context [rows, d]
  std::uint64_t generated;    ///< int8 panels K, V [columns, d] on their way to DRAM
  std::uint64_t query;        ///< int8 [rows, d]
  std::uint64_t lists;        ///< row pointers and columns, see MatrixCommand
  std::uint64_t scores;       ///< int32 [entries]
  std::uint64_t weights;      ///< uint8 [entries]
  std::uint64_t weight_sums;  ///< uint32 [rows]
  std::uint64_t block;        ///< int8 [kSpilledKeys, d]: keys or values that came back
  std::uint64_t block_lists;  ///< first entries, row pointers and columns of those
  std::uint64_t bytes;        ///< of the whole scratch
};

}  // namespace esact
