#pragma once

#include <cstdint>

#include "kernels/matrix.h"

namespace esact::kernels {

/// Roots of the tokens of one window: the token whose FFN increment each of them takes. `representative` is [heads (1..
/// 64), rows of the window (1..64)], offsets in the window, as `select_critical_rows` gives them per head; `root` gets
/// one offset per row. Docs: docs/spls.md, rule 5.
void vote_ffn_roots(MatrixView<const std::uint8_t> representative, unsigned f_q8, std::uint8_t* root);

}  // namespace esact::kernels
