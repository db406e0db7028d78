#pragma once

#include <memory>
#include <systemc>
#include <vector>

#include "common/commands.h"
#include "sram/page_pool.h"
#include "tlm/initiator_port.h"

namespace esact {

class SramSpace;

/// A buffer in SRAM that gives its pages back when it goes.
class SramBuffer {
 public:
  SramBuffer() = default;
  SramBuffer(SramSpace& space, Buffer buffer) : space_(&space), buffer_(std::move(buffer)) {}
  SramBuffer(SramBuffer&& other) noexcept { swap(other); }
  SramBuffer& operator=(SramBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~SramBuffer();

  /// SRAM address, kNoAddress if the buffer is empty.
  std::uint64_t address() const { return space_ ? buffer_.address : kNoAddress; }

  /// Keeps the first `bytes` bytes and gives the whole pages behind them back.
  void shrink(std::uint64_t bytes);

 private:
  void swap(SramBuffer& other) noexcept {
    std::swap(space_, other.space_);
    std::swap(buffer_, other.buffer_);
  }

  SramSpace* space_ = nullptr;
  Buffer buffer_;
};

/// The scheduler's view of the SRAM: hands out buffers from the page pool and writes the page table over the memory
/// socket.
class SramSpace {
 public:
  SramSpace(const SramConfig& config, InitiatorPort& memory)
      : pool_(config.bytes, config.allocation), memory_(memory) {}

  /// Makes the calling thread wait until `bytes` bytes are free and maps them. 0 bytes: an empty buffer at once.
  SramBuffer allocate(std::uint64_t bytes, Placement placement = Placement::kLow);

  /// A buffer for each of `sizes`. Takes all at one time and holds none while it waits, so that who waits is never in
  /// his own way.
  std::vector<SramBuffer> allocate_together(const std::vector<std::uint64_t>& sizes,
                                            Placement placement = Placement::kLow);

  const PagePool& pool() const { return pool_; }

 private:
  friend class SramBuffer;
  SramBuffer map(Buffer buffer);

  PagePool pool_;
  InitiatorPort& memory_;
  sc_core::sc_event freed_;
};

}  // namespace esact
