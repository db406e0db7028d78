#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "esact_interface/config.h"
#include "esact_interface/page_statistics.h"
#include "sram/address_map.h"

namespace esact {

/// A piece of SRAM. The owner of the pool writes `pages` into the page table, from entry address / kPageBytes on.
struct Buffer {
  std::uint64_t address = 0;         ///< virtual, a multiple of kPageBytes
  std::uint64_t bytes = 0;           ///< as asked for; the pages hold at least as many
  std::vector<std::uint32_t> pages;  ///< physical pages in the order of their virtual addresses
};

/// Which end of the SRAM a contiguous buffer is taken from, so that buffers that live longer need not lie between
/// others.
enum class Placement : std::uint8_t { kLow, kHigh };

/// Which free pages a buffer gets.
class AllocationPolicy {
 public:
  virtual ~AllocationPolicy() = default;

  /// `count` pages of those with `used[page]` false, or none if the policy finds no place.
  virtual std::optional<std::vector<std::uint32_t>> choose(const std::vector<bool>& used, std::size_t count,
                                                           Placement placement) const = 0;
};

/// The policy of `sram.allocation`: the lowest free pages wherever the buffer should lie, or the first long enough run
/// of free pages, counted from the low or from the high end.
std::unique_ptr<AllocationPolicy> make_policy(SramAllocation allocation);

/// The pages of an SRAM that are free, and the virtual addresses given to those that are not. Virtual addresses are
/// given out in turn, so that the address of a freed buffer stays unused for as long as possible.
class PagePool {
 public:
  /// A pool of bytes / kPageBytes pages.
  PagePool(std::uint64_t bytes, SramAllocation allocation);

  /// A buffer of at least `bytes` bytes, or none, which counts as failed.
  std::optional<Buffer> allocate(std::uint64_t bytes, Placement placement = Placement::kLow);

  /// A buffer for each of `sizes`, or none at all, which counts as one failure.
  std::optional<std::vector<Buffer>> allocate_together(const std::vector<std::uint64_t>& sizes,
                                                       Placement placement = Placement::kLow);

  /// Gives back the pages of `buffer` that its first `bytes` bytes do not need; bytes <= buffer.bytes.
  void shrink(Buffer& buffer, std::uint64_t bytes);

  /// Gives back all pages of `buffer`, which is empty afterwards.
  void free(Buffer& buffer);

  PagePoolStatistics statistics() const;

 private:
  std::optional<std::uint64_t> place(std::uint64_t pages);
  std::optional<std::uint64_t> gap(std::uint64_t from, std::uint64_t pages) const;
  void release(Buffer& buffer, std::size_t pages_kept);
  double fragmentation() const;

  std::unique_ptr<AllocationPolicy> policy_;
  std::vector<bool> used_;                         // by physical page
  std::map<std::uint64_t, std::uint64_t> placed_;  // virtual pages in use: first to count
  std::uint64_t next_ = 0;                         // virtual page where the next search begins
  std::uint64_t in_use_ = 0;
  std::uint64_t high_water_ = 0;
  std::uint64_t failed_ = 0;
  double worst_fragmentation_ = 0;
};

}  // namespace esact
