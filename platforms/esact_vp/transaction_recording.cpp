#include "platforms/esact_vp/transaction_recording.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <string_view>

#include "platforms/common/error.h"

namespace esact::platform {
namespace {

constexpr const char* kOption = "--record";
constexpr std::string_view kMachine = "machine.";

}  // namespace

TransactionRecording::TransactionRecording(const std::string& sockets, const std::filesystem::path& path,
                                           bool with_data)
    : path_(path), with_data_(with_data) {
  for (std::size_t begin = 0; begin <= sockets.size();) {
    const std::size_t end = std::min(sockets.find(',', begin), sockets.size());
    if (end == begin) throw bad_value(kOption, "sockets", quotation(sockets), "names separated by commas");
    patterns_.push_back({sockets.substr(begin, end - begin)});
    begin = end + 1;
  }
}

std::optional<std::uint32_t> TransactionRecording::number(const std::string& name) {
  const bool inside = name.compare(0, kMachine.size(), kMachine) == 0;
  const std::string& socket = known_.emplace_back(inside ? name.substr(kMachine.size()) : name);
  bool wanted = false;
  for (Pattern& pattern : patterns_) {
    if (fnmatch(pattern.text.c_str(), socket.c_str(), 0) != 0) continue;
    pattern.matched = wanted = true;
  }
  if (!wanted) return std::nullopt;
  recorded_.push_back(socket);
  return static_cast<std::uint32_t>(recorded_.size() - 1);
}

void TransactionRecording::start() {
  for (const Pattern& pattern : patterns_) {
    if (pattern.matched) continue;
    throw bad_value(kOption, "socket", quotation(pattern.text), fmt::format("one of {}", fmt::join(known_, ", ")));
  }
  file_.emplace(path_, with_data_);
  file_->start(recorded_);
}

}  // namespace esact::platform
