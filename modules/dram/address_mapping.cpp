#include "dram/address_mapping.h"

#include <stdexcept>

namespace esact {
namespace {

constexpr std::size_t kMostBits = 48;

std::vector<const std::vector<std::uint32_t>*> parts(const DramBitLists& lists) {
  return {&lists.byte, &lists.column, &lists.bank_group, &lists.bank, &lists.row, &lists.channel};
}

std::size_t checked_bits(const DramBitLists& lists) {
  std::vector<bool> used(kMostBits);
  std::size_t count = 0;
  for (const auto* part : parts(lists)) {
    for (const std::uint32_t bit : *part) {
      if (bit >= kMostBits) throw std::invalid_argument("address bit " + std::to_string(bit) + ", expected 0..47");
      if (used[bit]) throw std::invalid_argument("address bit " + std::to_string(bit) + " is used twice");
      used[bit] = true;
      ++count;
    }
  }
  for (std::size_t bit = 0; bit < count; ++bit) {
    if (!used[bit]) throw std::invalid_argument("address bit " + std::to_string(bit) + " is not used");
  }
  return count;
}

}  // namespace

AddressMapping::AddressMapping(const DramBitLists& lists)
    : lists_(lists),
      column_(runs(lists.column)),
      bank_group_(runs(lists.bank_group)),
      bank_(runs(lists.bank)),
      row_(runs(lists.row)),
      channel_(runs(lists.channel)),
      bank_bits_(static_cast<std::uint32_t>(lists.bank.size())),
      bytes_(std::uint64_t{1} << checked_bits(lists)) {}

AddressMapping::Part AddressMapping::runs(const std::vector<std::uint32_t>& bits) {
  Part part;
  for (std::uint32_t i = 0; i < bits.size(); ++i) {
    if (i > 0 && bits[i] == bits[i - 1] + 1) {
      part.back().mask = part.back().mask * 2 + 1;
    } else {
      part.push_back({bits[i], i, 1});
    }
  }
  return part;
}

DramLocation AddressMapping::decode(std::uint64_t address) const {
  DramLocation location;
  location.channel = gather(channel_, address);
  location.bank_group = gather(bank_group_, address);
  location.bank = (location.bank_group << bank_bits_) | gather(bank_, address);
  location.row = gather(row_, address);
  location.column = gather(column_, address);
  return location;
}

std::uint64_t AddressMapping::encode(const DramLocation& location) const {
  const std::uint64_t bank = location.bank & ((std::uint64_t{1} << bank_bits_) - 1);
  return scatter(channel_, location.channel) | scatter(bank_group_, location.bank_group) | scatter(bank_, bank) |
         scatter(row_, location.row) | scatter(column_, location.column);
}

AddressMapping AddressMapping::interleaved(std::uint32_t channels, std::uint32_t at) const {
  std::uint32_t bits = 0;
  while ((std::uint32_t{1} << bits) < channels) ++bits;
  DramBitLists lists = lists_;
  for (auto* part : {&lists.byte, &lists.column, &lists.bank_group, &lists.bank, &lists.row, &lists.channel}) {
    for (std::uint32_t& bit : *part) bit += bit >= at ? bits : 0;
  }
  for (std::uint32_t bit = 0; bit < bits; ++bit) lists.channel.push_back(at + bit);
  return AddressMapping(lists);
}

}  // namespace esact
