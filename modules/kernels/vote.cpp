#include "kernels/vote.h"

#include <algorithm>
#include <array>

namespace esact::kernels {

namespace {

constexpr std::size_t kMaxWindow = 64;

/// A representative and the number of heads that chose it.
struct Winner {
  std::size_t row;
  unsigned votes;
};

/// Most frequent representative of row `own` over the heads: ties go to `own`, else to the lowest.
Winner most_frequent(MatrixView<const std::uint8_t> representative, std::size_t own) {
  std::array<unsigned, kMaxWindow> votes{};
  for (std::size_t head = 0; head < representative.rows; ++head) ++votes[representative(head, own)];
  Winner winner{own, votes[own]};
  for (std::size_t row = 0; row < representative.columns; ++row) {
    if (votes[row] > winner.votes) winner = {row, votes[row]};
  }
  return winner;
}

}  // namespace

void vote_ffn_roots(MatrixView<const std::uint8_t> representative, unsigned f_q8, std::uint8_t* root) {
  const std::size_t heads = representative.rows;
  const std::size_t needed = std::max<std::size_t>(1, (f_q8 * heads + 255) >> 8);
  for (std::size_t i = 0; i < representative.columns; ++i) {
    const Winner winner = most_frequent(representative, i);
    const bool follows = winner.row != i && winner.votes >= needed;
    root[i] = follows ? root[winner.row] : static_cast<std::uint8_t>(i);
  }
}

}  // namespace esact::kernels
