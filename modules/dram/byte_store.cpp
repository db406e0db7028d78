#include "dram/byte_store.h"

#include <algorithm>
#include <cstring>

namespace esact {

void ByteStore::read(std::uint64_t address, void* data, std::size_t bytes) const {
  for (auto* to = static_cast<std::uint8_t*>(data); bytes > 0;) {
    const std::uint64_t offset = address % kChunkBytes;
    const std::size_t count = std::min<std::uint64_t>(bytes, kChunkBytes - offset);
    const auto chunk = chunks_.find(address / kChunkBytes);
    if (chunk == chunks_.end()) {
      std::memset(to, 0, count);
    } else {
      std::memcpy(to, chunk->second.get() + offset, count);
    }
    to += count;
    address += count;
    bytes -= count;
  }
}

void ByteStore::write(std::uint64_t address, const void* data, std::size_t bytes) {
  for (const auto* from = static_cast<const std::uint8_t*>(data); bytes > 0;) {
    const std::uint64_t offset = address % kChunkBytes;
    const std::size_t count = std::min<std::uint64_t>(bytes, kChunkBytes - offset);
    auto& chunk = chunks_[address / kChunkBytes];
    if (!chunk) chunk = std::make_unique<std::uint8_t[]>(kChunkBytes);
    std::memcpy(chunk.get() + offset, from, count);
    from += count;
    address += count;
    bytes -= count;
  }
}

}  // namespace esact
