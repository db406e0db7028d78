#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>

namespace esact::platform {

/// One access of a trace.
struct TraceAccess {
  std::uint64_t time_ps = 0;
  bool write = false;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

/// Reads a trace line by line: `time_ns,R|W,hexaddr,size`, times not descending, as text or gzip. A first line that
/// begins with `time_ns` is a header. UserError naming file and line for anything else.
class TraceReader {
 public:
  explicit TraceReader(const std::filesystem::path& path);
  ~TraceReader();
  TraceReader(const TraceReader&) = delete;
  TraceReader& operator=(const TraceReader&) = delete;

  /// The next access; false at the end.
  bool next(TraceAccess& access);

  /// "line 12", the one that `next` gave last.
  std::string position() const;

  const std::string& source() const { return source_; }

 private:
  TraceAccess parse(std::string_view line) const;

  std::string source_;
  std::unique_ptr<std::istream> stream_;
  std::string line_;
  std::uint64_t number_ = 0;
  std::uint64_t last_time_ps_ = 0;
};

}  // namespace esact::platform
