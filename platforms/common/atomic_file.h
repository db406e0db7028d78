#pragma once

#include <filesystem>
#include <functional>
#include <ostream>

namespace esact::platform {

/// Writes a file that appears whole or not at all: `write` fills a temporary file beside `path`, which is then renamed.
/// Missing parent folders are made. UserError if the file system refuses; whatever `write` throws passes through. In
/// both cases the temporary file is removed and an existing file stays as it was.
void write_atomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

}  // namespace esact::platform
