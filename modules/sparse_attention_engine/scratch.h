#pragma once

#include <algorithm>
#include <cstdint>

#include "common/address_cursor.h"

namespace esact {

constexpr std::uint32_t kGenerateColumns = 32;  ///< columns whose K and V one work item generates
constexpr std::uint32_t kAttendRows = 8;        ///< critical rows that one work item attends

/// What one worker of the engine keeps in SRAM, as offsets from the start of its scratch. A worker either generates
/// keys and values or attends rows, so both layouts start at 0. Every part starts at a multiple of 64 bytes.
struct EngineScratch {
  /// `tokens`: length of the longest sequence; `head_width`: d.
  constexpr EngineScratch(std::uint32_t tokens, std::uint32_t head_width)
      : sums(row_list + align64(kGenerateColumns * 2)),
        query(sums + align64(std::uint64_t{kAttendRows} * head_width * 4)),
        lists(query + align64(std::uint64_t{kAttendRows} * head_width)),
        scores(lists + align64((kAttendRows + 1) * 4 + std::uint64_t{kAttendRows} * tokens * 2)),
        weights(scores + align64(std::uint64_t{kAttendRows} * tokens * 4)),
        weight_sums(weights + align64(std::uint64_t{kAttendRows} * tokens)),
        bytes(std::max(weight_sums + align64(kAttendRows * 4),
                       sums + align64(std::uint64_t{kGenerateColumns} * 2 * head_width * 4))) {}

  std::uint64_t row_list = 0;  ///< uint16 rows of x
  std::uint64_t sums;          ///< int32 accumulators: K and V [columns, 2d], or Q and then the context [rows, d]
  std::uint64_t query;         ///< int8 [rows, d]
  std::uint64_t lists;         ///< row pointers and columns, see MatrixCommand
  std::uint64_t scores;        ///< int32 [entries]
  std::uint64_t weights;       ///< uint8 [entries]
  std::uint64_t weight_sums;   ///< uint32 [rows]
  std::uint64_t bytes;         ///< of the whole scratch
};

}  // namespace esact
