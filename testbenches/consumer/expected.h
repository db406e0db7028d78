#pragma once

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace consumer {

/// All tensors of a safetensors file of int32 tensors, one behind the other: the file holds the length of its header
/// (u64), the header, and the data.
inline std::vector<std::int32_t> read_tensors(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  std::uint64_t header = 0;
  file.seekg(0);
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  if (!file || header > static_cast<std::uint64_t>(size) - sizeof header) {
    throw std::runtime_error(path + ": not a safetensors file");
  }
  std::vector<std::int32_t> values((static_cast<std::uint64_t>(size) - sizeof header - header) / sizeof(values[0]));
  file.seekg(static_cast<std::streamoff>(sizeof header + header));
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(values[0])));
  return values;
}

}  // namespace consumer
