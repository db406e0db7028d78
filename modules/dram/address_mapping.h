#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dram_interface/command.h"

namespace esact {

/// Bits of a byte address that make each part of a location, least significant first.
struct DramBitLists {
  std::vector<std::uint32_t> byte;
  std::vector<std::uint32_t> column;
  std::vector<std::uint32_t> bank_group;
  std::vector<std::uint32_t> bank;
  std::vector<std::uint32_t> row;
  std::vector<std::uint32_t> channel;
};

/// Byte addresses to locations and back by bit lists.
class AddressMapping {
 public:
  /// `lists` must use each bit from 0 on exactly once; std::invalid_argument naming the bit otherwise.
  explicit AddressMapping(const DramBitLists& lists);

  DramLocation decode(std::uint64_t address) const;

  /// Address of the first byte of a location; `bank` without its group is `location.bank` modulo banks of a group.
  std::uint64_t encode(const DramLocation& location) const;

  /// 2 to the number of bits: addresses beyond do not exist.
  std::uint64_t bytes() const { return bytes_; }

  const DramBitLists& lists() const { return lists_; }

  /// The same with channel bits from bit `at` on: the bits from there on move up, so that 2^at successive bytes lie in
  /// one channel. `channels` is a power of two.
  AddressMapping interleaved(std::uint32_t channels, std::uint32_t at) const;

 private:
  /// Adjacent bits of an address that are adjacent in a part too.
  struct Run {
    std::uint32_t from;
    std::uint32_t to;
    std::uint64_t mask;
  };
  using Part = std::vector<Run>;

  static Part runs(const std::vector<std::uint32_t>& bits);
  static std::uint32_t gather(const Part& part, std::uint64_t address) {
    std::uint64_t value = 0;
    for (const Run& run : part) value |= ((address >> run.from) & run.mask) << run.to;
    return static_cast<std::uint32_t>(value);
  }
  static std::uint64_t scatter(const Part& part, std::uint64_t value) {
    std::uint64_t address = 0;
    for (const Run& run : part) address |= ((value >> run.to) & run.mask) << run.from;
    return address;
  }

  DramBitLists lists_;
  Part column_;
  Part bank_group_;
  Part bank_;
  Part row_;
  Part channel_;
  std::uint32_t bank_bits_;
  std::uint64_t bytes_;
};

}  // namespace esact
