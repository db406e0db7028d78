#include "platforms/common/atomic_file.h"

#include <unistd.h>

#include <fstream>
#include <string>
#include <system_error>

#include "platforms/common/error.h"

namespace esact::platform {
namespace {

/// Removes a file at the end of its life unless it was renamed before.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

void write_atomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write) {
  std::error_code failure;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failure);
  if (failure) throw UserError(path.string(), "cannot make its folder: " + failure.message());

  TemporaryFile temporary(path.string() + ".part" + std::to_string(::getpid()));
  std::ofstream stream(temporary.path(), std::ios::binary | std::ios::trunc);
  if (!stream) throw UserError(path.string(), "cannot be written: no such folder, or no permission");
  write(stream);
  stream.close();
  if (!stream) throw UserError(path.string(), "cannot be written completely: is the disk full?");
  std::filesystem::rename(temporary.path(), path, failure);
  if (failure) throw UserError(path.string(), "cannot be written: " + failure.message());
}

}  // namespace esact::platform
