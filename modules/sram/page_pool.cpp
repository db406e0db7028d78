#include "sram/page_pool.h"

#include <algorithm>
#include <utility>

namespace esact {

namespace {

/// The lowest free pages, wherever they lie.
class PagedPolicy : public AllocationPolicy {
 public:
  std::optional<std::vector<std::uint32_t>> choose(const std::vector<bool>& used, std::size_t count,
                                                   Placement) const override {
    std::vector<std::uint32_t> pages;
    for (std::uint32_t page = 0; page < used.size() && pages.size() < count; ++page) {
      if (!used[page]) pages.push_back(page);
    }
    if (pages.size() < count) return std::nullopt;
    return pages;
  }
};

/// The first run of free pages that is long enough, from the end that is asked for.
class ContiguousPolicy : public AllocationPolicy {
 public:
  std::optional<std::vector<std::uint32_t>> choose(const std::vector<bool>& used, std::size_t count,
                                                   Placement placement) const override {
    const bool high = placement == Placement::kHigh;
    std::vector<std::uint32_t> pages;
    for (std::uint32_t step = 0; step < used.size() && pages.size() < count; ++step) {
      const auto page = high ? static_cast<std::uint32_t>(used.size()) - 1 - step : step;
      if (used[page]) {
        pages.clear();
      } else {
        pages.push_back(page);
      }
    }
    if (pages.size() < count) return std::nullopt;
    if (high) std::reverse(pages.begin(), pages.end());
    return pages;
  }
};

std::uint64_t pages_of(std::uint64_t bytes) {
  return bytes / kPageBytes + (bytes % kPageBytes != 0 ? 1 : 0);
}

}  // namespace

std::unique_ptr<AllocationPolicy> make_policy(SramAllocation allocation) {
  if (allocation == SramAllocation::kPaged) return std::make_unique<PagedPolicy>();
  return std::make_unique<ContiguousPolicy>();
}

PagePool::PagePool(std::uint64_t bytes, SramAllocation allocation)
    : policy_(make_policy(allocation)), used_(bytes / kPageBytes) {}

std::optional<Buffer> PagePool::allocate(std::uint64_t bytes, Placement placement) {
  const std::uint64_t count = pages_of(bytes);
  auto pages = count <= used_.size() ? policy_->choose(used_, count, placement) : std::nullopt;
  const auto first = pages ? place(count) : std::nullopt;
  if (!first) {
    ++failed_;
    worst_fragmentation_ = std::max(worst_fragmentation_, fragmentation());
    return std::nullopt;
  }
  for (const std::uint32_t page : *pages) used_[page] = true;
  in_use_ += count;
  high_water_ = std::max(high_water_, in_use_);
  return Buffer{*first * kPageBytes, bytes, std::move(*pages)};
}

std::optional<std::vector<Buffer>> PagePool::allocate_together(const std::vector<std::uint64_t>& sizes,
                                                               Placement placement) {
  const std::uint64_t high_water = high_water_;
  std::vector<Buffer> buffers;
  for (const std::uint64_t bytes : sizes) {
    std::optional<Buffer> buffer = allocate(bytes, placement);
    if (!buffer) {
      for (Buffer& taken : buffers) free(taken);
      high_water_ = high_water;
      return std::nullopt;
    }
    buffers.push_back(std::move(*buffer));
  }
  return buffers;
}

void PagePool::shrink(Buffer& buffer, std::uint64_t bytes) {
  release(buffer, pages_of(bytes));
  buffer.bytes = bytes;
}

void PagePool::free(Buffer& buffer) {
  release(buffer, 0);
  buffer = {};
}

void PagePool::release(Buffer& buffer, std::size_t pages_kept) {
  if (pages_kept >= buffer.pages.size()) return;
  for (std::size_t i = pages_kept; i < buffer.pages.size(); ++i) used_[buffer.pages[i]] = false;
  in_use_ -= buffer.pages.size() - pages_kept;
  buffer.pages.resize(pages_kept);
  const std::uint64_t first = buffer.address / kPageBytes;
  if (pages_kept == 0) {
    placed_.erase(first);
  } else {
    placed_[first] = pages_kept;
  }
}

// Marks `pages` unused virtual pages as used and returns the first: after those given out last, or from 0 again.
std::optional<std::uint64_t> PagePool::place(std::uint64_t pages) {
  auto first = gap(next_, pages);
  if (!first) first = gap(0, pages);
  if (!first || pages == 0) return first;
  placed_.emplace(*first, pages);
  next_ = *first + pages;
  return first;
}

// First gap of `pages` virtual pages at or after `from`, which lies in no buffer but the one that begins there.
std::optional<std::uint64_t> PagePool::gap(std::uint64_t from, std::uint64_t pages) const {
  for (auto buffer = placed_.lower_bound(from); buffer != placed_.end(); ++buffer) {
    if (buffer->first - from >= pages) return from;
    from = buffer->first + buffer->second;
  }
  if (kVirtualPages - from < pages) return std::nullopt;
  return from;
}

double PagePool::fragmentation() const {
  std::uint64_t free = 0;
  std::uint64_t run = 0;
  std::uint64_t longest = 0;
  for (const bool used : used_) {
    run = used ? 0 : run + 1;
    free += used ? 0 : 1;
    longest = std::max(longest, run);
  }
  return free == 0 ? 0.0 : 1.0 - static_cast<double>(longest) / static_cast<double>(free);
}

PagePoolStatistics PagePool::statistics() const {
  return {used_.size(), in_use_, high_water_, failed_, fragmentation(), worst_fragmentation_};
}

}  // namespace esact
