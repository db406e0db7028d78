#pragma once

#include <cstdint>

namespace esact {

/// Every address and every part of a structure in system memory is a multiple of this.
constexpr std::uint64_t kAlignment = 64;

constexpr std::uint64_t align64(std::uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// Hands out aligned addresses one after another.
class AddressCursor {
 public:
  explicit AddressCursor(std::uint64_t start) : next_(start) {}

  /// Address of the next `bytes` bytes.
  std::uint64_t take(std::uint64_t bytes) {
    const std::uint64_t address = next_;
    next_ = align64(next_ + bytes);
    return address;
  }

  /// First address not handed out.
  std::uint64_t next() const { return next_; }

 private:
  std::uint64_t next_;
};

}  // namespace esact
