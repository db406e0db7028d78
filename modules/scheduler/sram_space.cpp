#include "scheduler/sram_space.h"

#include "sram/sram.h"

namespace esact {

SramBuffer::~SramBuffer() {
  if (!space_) return;
  space_->pool_.free(buffer_);
  space_->freed_.notify();
}

void SramBuffer::shrink(std::uint64_t bytes) {
  if (!space_) return;
  space_->pool_.shrink(buffer_, bytes);
  space_->freed_.notify();
}

SramBuffer SramSpace::allocate(std::uint64_t bytes, Placement placement) {
  if (bytes == 0) return {};
  std::optional<Buffer> buffer = pool_.allocate(bytes, placement);
  while (!buffer) {
    sc_core::wait(freed_);
    buffer = pool_.allocate(bytes, placement);
  }
  SramBuffer result(*this, *buffer);
  memory_.write(kPageTableBase + buffer->address / kPageBytes * sizeof(std::uint32_t), buffer->pages.data(),
                buffer->pages.size() * sizeof(std::uint32_t));
  return result;
}

}  // namespace esact
