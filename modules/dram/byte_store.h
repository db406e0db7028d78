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

  /// The contents of the aligned block of `kDirectBytes` around `address`, for direct access: valid as long as the
  /// store. The whole block costs host memory from then on.
  std::uint8_t* direct(std::uint64_t address);
  static constexpr std::uint64_t kDirectBytes = 1 << 16;

  /// Host memory held for the contents, bytes.
  std::uint64_t resident_bytes() const { return chunks_.size() * kChunkBytes + blocks_.size() * kDirectBytes; }

 private:
  static constexpr std::uint64_t kChunkBytes = 512;
  using Bytes = std::unique_ptr<std::uint8_t[]>;

  /// Start of the chunk that holds `address`; none if it was never written.
  std::uint8_t* find(std::uint64_t address) const;

  std::uint64_t capacity_;
  std::unordered_map<std::uint64_t, Bytes> chunks_;  // by address / kChunkBytes
  std::unordered_map<std::uint64_t, Bytes> blocks_;  // by address / kDirectBytes, instead of their chunks
};

}  // namespace esact
