#include "platforms/esact_dram/trace.h"

#include <boost/iostreams/device/file.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string_view>

#include "platforms/common/error.h"

namespace esact::platform {
namespace {

constexpr double kPicosecondsPerNanosecond = 1000;
constexpr double kMostNanoseconds = 1e15;

bool is_gzip(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return file.get() == 0x1f && file.get() == 0x8b;
}

std::unique_ptr<std::istream> open(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) throw UserError(path.string(), "no such file");
  auto stream = std::make_unique<boost::iostreams::filtering_istream>();
  if (is_gzip(path)) stream->push(boost::iostreams::gzip_decompressor());
  boost::iostreams::file_source file(path.string(), std::ios::binary);
  if (!file.is_open()) throw UserError(path.string(), "cannot be read");
  stream->push(file);
  return stream;
}

/// The text before the next comma, which is taken off `rest` with it.
std::string_view take_field(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view field = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return field;
}

template <typename Number, typename... Base>
bool parse_whole(std::string_view text, Number& value, Base... base) {
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value, base...);
  return failure == std::errc() && stop == end;
}

}  // namespace

TraceReader::TraceReader(const std::filesystem::path& path) : source_(path.string()), stream_(open(path)) {}

TraceReader::~TraceReader() = default;

std::string TraceReader::position() const {
  return "line " + std::to_string(number_);
}

bool TraceReader::next(TraceAccess& access) {
  while (std::getline(*stream_, line_)) {
    ++number_;
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (line_.empty() || (number_ == 1 && line_.rfind("time_ns", 0) == 0)) continue;
    access = parse(line_);
    if (access.time_ps < last_time_ps_) throw UserError(source_, position(), "earlier than the line before");
    last_time_ps_ = access.time_ps;
    return true;
  }
  if (stream_->bad()) throw UserError(source_, "cannot be read completely, or not a whole gzip file");
  return false;
}

TraceAccess TraceReader::parse(std::string_view line) const {
  const auto bad = [this](const char* what, std::string_view text, const char* expected) {
    return bad_value(source_, position() + ": " + what, quotation(text), expected);
  };
  TraceAccess access;
  std::string_view rest = line;
  const std::string_view time = take_field(rest);
  const std::string_view direction = take_field(rest);
  std::string_view address = take_field(rest);
  double nanoseconds = 0;
  if (!parse_whole(time, nanoseconds) || !(nanoseconds >= 0 && nanoseconds <= kMostNanoseconds)) {
    throw bad("time_ns", time, "a number 0..1e15");
  }
  access.time_ps = static_cast<std::uint64_t>(std::llround(nanoseconds * kPicosecondsPerNanosecond));
  if (direction != "R" && direction != "W") throw bad("direction", direction, "R or W");
  access.write = direction == "W";
  if (address.rfind("0x", 0) == 0 || address.rfind("0X", 0) == 0) address.remove_prefix(2);
  if (!parse_whole(address, access.address, 16)) throw bad("address", address, "a hexadecimal number");
  if (!parse_whole(rest, access.bytes) || access.bytes == 0) throw bad("size", rest, "a whole number from 1");
  return access;
}

}  // namespace esact::platform
