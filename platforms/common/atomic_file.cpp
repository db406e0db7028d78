#include "platforms/common/atomic_file.h"

#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

#include "platforms/common/error.h"

namespace esact::platform {

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), temporary_(path_.string() + ".part" + std::to_string(::getpid())) {
  std::error_code failure;
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), failure);
  if (failure) throw UserError(path_.string(), "cannot make its folder: " + failure.message());
  stream_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!stream_) throw UserError(path_.string(), "cannot be written: no such folder, or no permission");
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::commit() {
  stream_.close();
  if (!stream_) throw UserError(path_.string(), "cannot be written completely: is the disk full?");
  std::error_code failure;
  std::filesystem::rename(temporary_, path_, failure);
  if (failure) throw UserError(path_.string(), "cannot be written: " + failure.message());
}

void write_atomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write) {
  AtomicFile file(path);
  write(file.stream());
  file.commit();
}

}  // namespace esact::platform
