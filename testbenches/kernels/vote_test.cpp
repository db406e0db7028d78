#include "kernels/vote.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "random_matrix.h"

using namespace esact::kernels;

namespace {

/// docs/spls.md, rule 5, by recursion.
std::size_t root_of(const Matrix<std::uint8_t>& representative, unsigned f_q8, std::size_t i) {
  const std::size_t heads = representative.view().rows;
  std::map<std::size_t, std::size_t> votes;
  for (std::size_t head = 0; head < heads; ++head) ++votes[representative(head, i)];
  std::size_t most = 0;
  for (const auto& [row, count] : votes) most = std::max(most, count);
  if (votes.count(i) != 0 && votes[i] == most) return i;
  const auto winner =
      std::find_if(votes.begin(), votes.end(), [most](const auto& entry) { return entry.second == most; });
  const std::size_t needed = std::max<std::size_t>(1, (f_q8 * heads + 255) / 256);
  return most >= needed ? root_of(representative, f_q8, winner->first) : i;
}

}  // namespace

TEST_CASE("vote_ffn_roots agrees with the rule by recursion") {
  std::mt19937_64 random(51);
  std::size_t followers = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::size_t heads = 1 + random() % (round % 10 == 0 ? 64 : 6);
    const std::size_t rows = 1 + random() % (round % 10 == 0 ? 64 : 8);
    Matrix<std::uint8_t> representative(heads, rows, 0, 1);
    const std::size_t spread = 1 + random() % 4;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t head = 0; head < heads; ++head) {
        representative(head, i) = static_cast<std::uint8_t>(i - random() % std::min(spread, i + 1));
      }
    }
    const auto f_q8 = static_cast<unsigned>(random() % 258);
    std::vector<std::uint8_t> root(rows);
    vote_ffn_roots(std::as_const(representative).view(), f_q8, root.data());
    for (std::size_t i = 0; i < rows; ++i) {
      REQUIRE(root[i] == root_of(representative, f_q8, i));
      followers += root[i] != i;
    }
  }
  CHECK(followers > 1000);
}

TEST_CASE("ties of a vote, thresholds and chains") {
  struct Case {
    const char* name;
    std::vector<std::vector<std::uint8_t>> representative;
    unsigned f_q8;
    std::vector<std::uint8_t> root;
  };
  const std::vector<Case> cases = {{"own row wins a tie", {{0, 0}, {0, 1}}, 0, {0, 1}},
                                   {"lowest wins a tie of others", {{0, 1, 0}, {0, 1, 1}}, 0, {0, 1, 0}},
                                   {"a chain ends at the first root", {{0, 0, 1}, {0, 0, 1}}, 256, {0, 0, 0}},
                                   {"two of four votes meet one half", {{0, 0}, {0, 0}, {0, 1}, {0, 0}}, 128, {0, 0}},
                                   {"votes below the threshold", {{0, 0}, {0, 0}, {0, 1}, {0, 0}}, 193, {0, 1}},
                                   {"257 switches reuse off", {{0, 0}, {0, 0}}, 257, {0, 1}}};
  for (const Case& test : cases) {
    INFO(test.name);
    const std::size_t heads = test.representative.size();
    const std::size_t rows = test.root.size();
    Matrix<std::uint8_t> representative(heads, rows);
    for (std::size_t head = 0; head < heads; ++head) {
      for (std::size_t i = 0; i < rows; ++i) representative(head, i) = test.representative[head][i];
    }
    std::vector<std::uint8_t> root(rows);
    vote_ffn_roots(std::as_const(representative).view(), test.f_q8, root.data());
    CHECK(root == test.root);
  }
}
