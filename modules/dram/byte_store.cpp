#include "dram/byte_store.h"

#include <algorithm>
#include <cstring>

namespace esact {

std::uint8_t* ByteStore::find(std::uint64_t address) const {
  if (const auto block = blocks_.find(address / kDirectBytes); block != blocks_.end()) {
    return block->second.get() + address % kDirectBytes / kChunkBytes * kChunkBytes;
  }
  const auto chunk = chunks_.find(address / kChunkBytes);
  return chunk == chunks_.end() ? nullptr : chunk->second.get();
}

void ByteStore::read(std::uint64_t address, void* data, std::size_t bytes) const {
  for (auto* to = static_cast<std::uint8_t*>(data); bytes > 0;) {
    const std::uint64_t offset = address % kChunkBytes;
    const std::size_t count = std::min<std::uint64_t>(bytes, kChunkBytes - offset);
    if (const std::uint8_t* chunk = find(address)) {
      std::memcpy(to, chunk + offset, count);
    } else {
      std::memset(to, 0, count);
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
    std::uint8_t* chunk = find(address);
    if (chunk == nullptr) {
      chunk = chunks_.emplace(address / kChunkBytes, std::make_unique<std::uint8_t[]>(kChunkBytes)).first->second.get();
    }
    std::memcpy(chunk + offset, from, count);
    from += count;
    address += count;
    bytes -= count;
  }
}

std::uint8_t* ByteStore::direct(std::uint64_t address) {
  const std::uint64_t number = address / kDirectBytes;
  Bytes& block = blocks_[number];
  if (!block) {
    block = std::make_unique<std::uint8_t[]>(kDirectBytes);
    for (std::uint64_t offset = 0; offset < kDirectBytes; offset += kChunkBytes) {
      const auto chunk = chunks_.find((number * kDirectBytes + offset) / kChunkBytes);
      if (chunk == chunks_.end()) continue;
      std::memcpy(block.get() + offset, chunk->second.get(), kChunkBytes);
      chunks_.erase(chunk);
    }
  }
  return block.get();
}

}  // namespace esact
