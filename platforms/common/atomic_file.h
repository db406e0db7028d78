#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <ostream>

namespace esact::platform {

/// A file that appears whole or not at all: what is written goes to a temporary file beside `path`, which `commit`
/// renames. Without a commit the temporary file is removed and an existing file stays as it was.
class AtomicFile {
 public:
  /// Missing parent folders are made. UserError if the file system refuses.
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  std::ostream& stream() { return stream_; }
  /// Something could not be written so far; `commit` will say so.
  bool failed() const { return !stream_; }
  const std::ostream& stream() const { return stream_; }
  /// UserError if anything could not be written.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::ofstream stream_;
};

/// Writes an AtomicFile in one go: `write` fills it. Whatever `write` throws passes through.
void write_atomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

}  // namespace esact::platform
