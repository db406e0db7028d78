#include "platforms/esact_vp/memory_file.h"

#include <fmt/format.h>

#include <cstring>

#include "platforms/common/atomic_file.h"
#include "platforms/common/error.h"
#include "platforms/esact_vp/image.h"
#include "platforms/esact_vp/memory_map.h"

namespace esact::platform {

void write_memory_file(const ImageOptions& options) {
  const PlatformConfig config = load_configuration(options.config, options.sets);
  const Workload workload = load_workload(options.workload, config.spls);
  const Image image(workload, config, options.batch);
  std::vector<Descriptor> descriptors = image.descriptors();
  if (descriptors.size() > image.ring_entries()) {
    throw bad_value(options.workload.string(), "descriptors", fmt::format("{}", descriptors.size()),
                    fmt::format("at most {}, the ring's entries; a larger --batch makes fewer", image.ring_entries()));
  }
  descriptors.back().flags |= descriptor_flags::kInterrupt;

  std::vector<char> memory(image.data_end() - kDramBase);
  const auto write = [&](std::uint64_t address, const void* data, std::uint64_t bytes) {
    std::memcpy(memory.data() + (address - kDramBase), data, bytes);
  };
  write(image.ring_base(), descriptors.data(), descriptors.size() * sizeof(Descriptor));
  image.load(write);
  write_atomically(options.out,
                   [&](std::ostream& file) { file.write(memory.data(), static_cast<std::streamsize>(memory.size())); });
}

}  // namespace esact::platform
