#include "mac_array/timing.h"

namespace esact::mac_array_timing {

std::uint64_t attention_cycles(const MatrixCommand& command, const KeyLists& lists, RowRange rows) {
  std::uint64_t longest = 1;
  for (std::uint32_t row = rows.first; row < rows.end; ++row) {
    longest = std::max(longest, row_cycles(command, lists.row_pointers[row + 1] - lists.row_pointers[row]));
  }
  return longest;
}

std::uint32_t new_keys(const MatrixCommand& command, const KeyLists& lists, RowRange rows, RowRange covered) {
  std::vector<bool> seen(command.keys);
  for (std::uint32_t entry = lists.row_pointers[covered.first]; entry < lists.row_pointers[covered.end]; ++entry) {
    seen[lists.columns[entry]] = true;
  }
  std::uint32_t count = 0;
  for (std::uint32_t entry = lists.row_pointers[rows.first]; entry < lists.row_pointers[rows.end]; ++entry) {
    auto key = seen[lists.columns[entry]];
    count += key ? 0 : 1;
    key = true;
  }
  return count;
}

}  // namespace esact::mac_array_timing
