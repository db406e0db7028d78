#include "scheduler/sram_space.h"

#include "sram/sram.h"

namespace esact {

SramBuffer::~SramBuffer() {
  if (!space_) return;
  space_->pool_.free(buffer_);
  if (sc_core::sc_is_running()) space_->freed_.notify();  // no event may be notified after sc_stop
}

void SramBuffer::shrink(std::uint64_t bytes) {
  if (!space_) return;
  space_->pool_.shrink(buffer_, bytes);
  space_->freed_.notify();
}

SramBuffer SramSpace::allocate(std::uint64_t bytes, Placement placement) {
  return std::move(allocate_together({bytes}, placement).front());
}

std::vector<SramBuffer> SramSpace::allocate_together(const std::vector<std::uint64_t>& sizes, Placement placement) {
  auto buffers = pool_.allocate_together(sizes, placement);
  while (!buffers) {
    sc_core::wait(freed_);
    buffers = pool_.allocate_together(sizes, placement);
  }
  std::vector<SramBuffer> mapped;
  for (Buffer& buffer : *buffers) mapped.push_back(buffer.bytes > 0 ? map(std::move(buffer)) : SramBuffer());
  return mapped;
}

SramBuffer SramSpace::map(Buffer buffer) {
  SramBuffer result(*this, buffer);
  memory_.write(kPageTableBase + buffer.address / kPageBytes * sizeof(std::uint32_t), buffer.pages.data(),
                buffer.pages.size() * sizeof(std::uint32_t));
  return result;
}

}  // namespace esact
