#pragma once

#include <boost/iostreams/copy.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace esact::test {

/// 64-byte accesses to 0, 64, 128 and so on, all at time 0; every `write_every`th writes, 0: none.
inline std::string sequential_trace(std::size_t count, std::size_t write_every = 0) {
  std::ostringstream text;
  for (std::size_t i = 0; i < count; ++i) {
    const bool write = write_every > 0 && i % write_every == 0;
    text << "0," << (write ? 'W' : 'R') << ",0x" << std::hex << i * 64 << std::dec << ",64\n";
  }
  return text.str();
}

inline void write_gzip(const std::filesystem::path& path, const std::string& text) {
  std::istringstream source(text);
  std::ofstream file(path, std::ios::binary);
  boost::iostreams::filtering_streambuf<boost::iostreams::output> sink;
  sink.push(boost::iostreams::gzip_compressor());
  sink.push(file);
  boost::iostreams::copy(source, sink);
}

}  // namespace esact::test
