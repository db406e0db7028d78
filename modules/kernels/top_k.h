#pragma once

#include <cstddef>
#include <cstdint>

namespace esact::kernels {

/// Entries kept of a row of `valid` (at least 1) valid columns: max(1, min(valid, (k_q8 * valid + 255) >> 8)).
std::size_t kept_count(std::size_t valid, unsigned k_q8);

/// Marks the `keep` (1..`valid`) largest of the `valid` values of a row: `mask` gets 1 where kept, 0 elsewhere, `valid`
/// entries. Values are signed; ties go to the lower column. Docs: docs/spls.md, rule 1.
void top_k(const std::int32_t* row, std::size_t valid, std::size_t keep, std::uint8_t* mask);

/// Compares of the top-k unit for one row: valid * ceil(log2(keep + 1)). Docs: docs/spls.md, "Counts".
std::uint64_t top_k_compares(std::size_t valid, std::size_t keep);

}  // namespace esact::kernels
