#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace esact {

/// Bytes of a large memory that cost host memory only where something was written; all others read as 0.
class ByteStore {
 public:
  /// Bytes 0 to capacity - 1 exist.
  explicit ByteStore(std::uint64_t capacity) : capacity_(capacity) {}

  std::uint64_t capacity() const { return capacity_; }

  /// Whether all of `bytes` bytes from `address` on exist, as `read` and `write` require.
  bool contains(std::uint64_t address, std::size_t bytes) const {
    return address <= capacity_ && bytes <= capacity_ - address;
  }

  void read(std::uint64_t address, void* data, std::size_t bytes) const;
  void write(std::uint64_t address, const void* data, std::size_t bytes);

  /// Host memory held for the contents, bytes.
  std::uint64_t resident_bytes() const { return chunks_.size() * kChunkBytes; }

 private:
  static constexpr std::uint64_t kChunkBytes = 1 << 16;

  std::uint64_t capacity_;
  std::unordered_map<std::uint64_t, std::unique_ptr<std::uint8_t[]>> chunks_;  // by address / kChunkBytes
};

}  // namespace esact
