#include "sram/page_pool.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <set>

using namespace esact;

namespace {

constexpr std::uint64_t kPages = 16;

/// The pages of all buffers are distinct, and so are their virtual ranges.
void check_disjoint(const std::deque<Buffer>& buffers) {
  std::set<std::uint32_t> physical;
  std::set<std::uint64_t> virtual_pages;
  std::size_t pages = 0;
  for (const Buffer& buffer : buffers) {
    pages += buffer.pages.size();
    CHECK(buffer.address % kPageBytes == 0);
    CHECK(buffer.pages.size() * kPageBytes >= buffer.bytes);
    for (std::size_t i = 0; i < buffer.pages.size(); ++i) {
      physical.insert(buffer.pages[i]);
      virtual_pages.insert(buffer.address / kPageBytes + i);
    }
  }
  CHECK(physical.size() == pages);
  CHECK(virtual_pages.size() == pages);
  CHECK((physical.empty() || *physical.rbegin() < kPages));
}

void check_random_use(SramAllocation allocation) {
  PagePool pool(kPages * kPageBytes, allocation);
  std::mt19937 random(7);
  std::deque<Buffer> buffers;
  std::uint64_t high_water = 0;
  std::uint64_t failed = 0;
  for (int step = 0; step < 2000; ++step) {
    if (buffers.empty() || random() % 2 == 0) {
      auto buffer = pool.allocate(random() % (5 * kPageBytes));
      failed += buffer ? 0 : 1;
      if (buffer) buffers.push_back(*buffer);
    } else if (random() % 3 == 0) {
      Buffer& buffer = buffers[random() % buffers.size()];
      pool.shrink(buffer, random() % (buffer.bytes + 1));
    } else {
      pool.free(buffers.front());
      buffers.pop_front();
    }
    check_disjoint(buffers);
    std::uint64_t in_use = 0;
    for (const Buffer& buffer : buffers) {
      in_use += buffer.pages.size();
      if (allocation != SramAllocation::kContiguous) continue;
      CHECK(std::adjacent_find(buffer.pages.begin(), buffer.pages.end(),
                               [](std::uint32_t a, std::uint32_t b) { return b != a + 1; }) == buffer.pages.end());
    }
    high_water = std::max(high_water, in_use);
    CHECK(pool.statistics().pages_in_use == in_use);
  }
  CHECK(failed > 0);
  CHECK(pool.statistics().failed_allocations == failed);
  CHECK(pool.statistics().high_water_pages == high_water);
  for (Buffer& buffer : buffers) pool.free(buffer);
  CHECK(pool.statistics().pages_in_use == 0);
  CHECK(pool.statistics().fragmentation == 0);
}

}  // namespace

TEST_CASE("paged: random use keeps buffers apart and statistics exact") {
  check_random_use(SramAllocation::kPaged);
}
TEST_CASE("contiguous: random use keeps buffers apart and statistics exact") {
  check_random_use(SramAllocation::kContiguous);
}

TEST_CASE("paged pools use holes, contiguous pools need a run") {
  for (const SramAllocation allocation : {SramAllocation::kPaged, SramAllocation::kContiguous}) {
    PagePool pool(8 * kPageBytes, allocation);
    std::vector<Buffer> buffers;
    for (int i = 0; i < 4; ++i) buffers.push_back(*pool.allocate(2 * kPageBytes));
    pool.free(buffers[0]);
    pool.free(buffers[2]);
    CHECK(pool.statistics().fragmentation == 0.5);
    const auto buffer = pool.allocate(3 * kPageBytes);
    if (allocation == SramAllocation::kPaged) {
      REQUIRE(buffer);
      CHECK(buffer->pages == std::vector<std::uint32_t>{0, 1, 4});
      CHECK(pool.statistics().failed_allocations == 0);
    } else {
      CHECK_FALSE(buffer);
      CHECK(pool.statistics().failed_allocations == 1);
      CHECK(pool.statistics().worst_fragmentation_at_failure == 0.5);
      CHECK(pool.allocate(2 * kPageBytes)->pages == std::vector<std::uint32_t>{0, 1});
    }
  }
}

TEST_CASE("a full pool is not fragmented and what does not fit fails") {
  PagePool pool(4 * kPageBytes, SramAllocation::kPaged);
  CHECK_FALSE(pool.allocate(4 * kPageBytes + 1));
  CHECK_FALSE(pool.allocate(~std::uint64_t{0}));
  auto all = pool.allocate(3 * kPageBytes + 1);
  REQUIRE(all);
  CHECK(all->pages.size() == 4);
  CHECK(pool.statistics().fragmentation == 0);
  CHECK_FALSE(pool.allocate(1));
  CHECK(pool.allocate(0));
  CHECK(pool.statistics().failed_allocations == 3);
}

TEST_CASE("several buffers are taken together or not at all") {
  PagePool pool(8 * kPageBytes, SramAllocation::kContiguous);
  auto low = pool.allocate_together({2 * kPageBytes, 0, kPageBytes});
  REQUIRE(low);
  CHECK((*low)[0].pages == std::vector<std::uint32_t>{0, 1});
  CHECK((*low)[1].pages.empty());
  CHECK((*low)[2].pages == std::vector<std::uint32_t>{2});
  const PagePoolStatistics before = pool.statistics();
  CHECK_FALSE(pool.allocate_together({4 * kPageBytes, 2 * kPageBytes}));
  CHECK(pool.statistics().pages_in_use == before.pages_in_use);
  CHECK(pool.statistics().high_water_pages == before.high_water_pages);
  CHECK(pool.statistics().failed_allocations == 1);
  CHECK(pool.allocate_together({3 * kPageBytes, 2 * kPageBytes}, Placement::kHigh));
  CHECK(pool.statistics().high_water_pages == 8);
}

TEST_CASE("shrink returns whole tail pages, free all") {
  PagePool pool(4 * kPageBytes, SramAllocation::kPaged);
  auto buffer = pool.allocate(4 * kPageBytes);
  pool.shrink(*buffer, kPageBytes + 1);
  CHECK(buffer->bytes == kPageBytes + 1);
  CHECK(buffer->pages == std::vector<std::uint32_t>{0, 1});
  CHECK(pool.statistics().pages_in_use == 2);
  pool.shrink(*buffer, 0);
  CHECK(buffer->pages.empty());
  pool.free(*buffer);
  CHECK(pool.statistics().pages_in_use == 0);
  CHECK(pool.statistics().high_water_pages == 4);
}

TEST_CASE("virtual addresses are given out in turn and wrap") {
  PagePool pool(4 * kPageBytes, SramAllocation::kPaged);
  auto kept = pool.allocate(kPageBytes);
  CHECK(kept->address == 0);
  std::uint64_t expected = 1;
  for (std::uint64_t round = 0; round < kVirtualPages; ++round) {
    auto buffer = pool.allocate(3 * kPageBytes);
    if (expected + 3 > kVirtualPages) expected = 1;
    REQUIRE(buffer->address == expected * kPageBytes);
    expected += 3;
    pool.free(*buffer);
  }
}
