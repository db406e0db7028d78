#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/matrix.h"

namespace esact::kernels {

/// Distance of two SPA rows: sum of absolute differences, or size of the symmetric difference of the kept sets.
enum class Metric : std::uint8_t { kL1 = 0, kHamming = 1 };

/// What is subtracted from a row's kept values: nothing, or (smallest kept value - 1).
enum class Offset : std::uint8_t { kNone = 0, kKth = 1 };

/// SPA row of a PAM row: the kept values, less the offset, and 0 elsewhere; `valid` entries of each array. The
/// differences must fit int32, as they do for any PAM. `spa` may be `pam`. Docs: docs/spls.md, rule 2.
void apply_mask(const std::int32_t* pam, const std::uint8_t* mask, std::size_t valid, Offset offset, std::int32_t* spa);

/// The critical rows of one window.
struct WindowSelection {
  std::vector<std::uint8_t> representative;  ///< per row of the window: offset in it of the row whose result it takes
  std::uint64_t compared_columns = 0;        ///< sum over the compared pairs of the later row's valid columns
};

/// Chooses the critical rows of one window of 1..64 rows: `spa` and `mask` (0 or 1) are [rows, columns], of which row
/// `i` has `valid[i]` valid columns, others are not read. Docs: docs/spls.md, rule 3.
WindowSelection select_critical_rows(MatrixView<const std::int32_t> spa, MatrixView<const std::uint8_t> mask,
                                     const std::size_t* valid, unsigned s_q8, Metric metric);

}  // namespace esact::kernels
