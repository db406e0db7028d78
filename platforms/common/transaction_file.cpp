#include "platforms/common/transaction_file.h"

#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <iterator>

namespace esact::platform {
namespace {

constexpr char kMagic[] = {'E', 'S', 'A', 'C', 'T', 'T', 'L', 'M'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kWithData = 1;
constexpr std::uint32_t kEventBytes = 48;
constexpr std::uint64_t kBlockEvents = 4096;
constexpr std::uint64_t kBlockBytes = 1 << 20;

/// Writes `value`, little endian, and moves `position` behind it.
template <class Integer>
void store(char*& position, Integer value) {
  const auto whole = static_cast<std::uint64_t>(value);
  for (std::size_t byte = 0; byte < sizeof(Integer); ++byte) position[byte] = static_cast<char>(whole >> (8 * byte));
  position += sizeof(Integer);
}

template <class Integer>
void append(std::vector<char>& bytes, Integer value) {
  bytes.resize(bytes.size() + sizeof(Integer));
  char* position = bytes.data() + bytes.size() - sizeof(Integer);
  store(position, value);
}

}  // namespace

/// Writes through the stream's own interface, so that its state remembers a failure.
class TransactionFile::Output {
 public:
  Output(std::ostream& stream, bool compressed) {
    // The default level takes three times as long for a file that is little smaller.
    if (compressed) filter_.push(boost::iostreams::gzip_compressor(boost::iostreams::zlib::best_speed));
    filter_.push(Sink{&stream});
  }

  void write(const std::vector<char>& bytes) {
    filter_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void close() { filter_.reset(); }

 private:
  struct Sink {
    using char_type = char;
    using category = boost::iostreams::sink_tag;
    std::ostream* stream;
    std::streamsize write(const char* bytes, std::streamsize count) {
      stream->write(bytes, count);
      return count;
    }
  };

  boost::iostreams::filtering_ostream filter_;
};

TransactionFile::TransactionFile(const std::filesystem::path& path, bool with_data)
    : file_(path),
      output_(std::make_unique<Output>(file_.stream(), path.extension() == ".gz")),
      with_data_(with_data) {}

TransactionFile::~TransactionFile() = default;

void TransactionFile::start(const std::vector<std::string>& sockets) {
  std::vector<char> header(std::begin(kMagic), std::end(kMagic));
  append(header, kVersion);
  append(header, with_data_ ? kWithData : 0u);
  append(header, kEventBytes);
  append(header, static_cast<std::uint32_t>(sockets.size()));
  for (const std::string& socket : sockets) {
    append(header, static_cast<std::uint32_t>(socket.size()));
    header.insert(header.end(), socket.begin(), socket.end());
  }
  output_->write(header);
}

void TransactionFile::write(const TransactionEvent& event) {
  if (output_ == nullptr || failed()) return;
  const bool data = with_data_ && event.data != nullptr;
  records_.resize(records_.size() + kEventBytes);
  char* position = records_.data() + records_.size() - kEventBytes;
  store(position, event.time_ps);
  store(position, event.address);
  store(position, event.length);
  store(position, static_cast<std::uint32_t>(event.transaction));
  store(position, event.streaming_width);
  store(position, event.byte_enable_length);
  store(position, static_cast<std::uint32_t>(data ? event.length : 0));
  store(position, static_cast<std::uint16_t>(event.socket));
  store(position, static_cast<std::uint8_t>(event.phase));
  store(position, static_cast<std::uint8_t>(event.command));
  store(position, static_cast<std::int32_t>(event.response));
  if (event.byte_enable_length > 0) {
    bytes_.insert(bytes_.end(), event.byte_enables, event.byte_enables + event.byte_enable_length);
  }
  if (data) bytes_.insert(bytes_.end(), event.data, event.data + event.length);
  ++events_;
  if (events_ >= kBlockEvents || bytes_.size() >= kBlockBytes) flush();
}

void TransactionFile::flush() {
  if (events_ == 0) return;
  std::vector<char> head;
  append(head, events_);
  append(head, std::uint64_t{bytes_.size()});
  output_->write(head);
  output_->write(records_);
  output_->write(bytes_);
  total_ += events_;
  events_ = 0;
  records_.clear();
  bytes_.clear();
}

void TransactionFile::finish() {
  flush();
  std::vector<char> end;
  append(end, std::uint64_t{0});
  append(end, total_);
  output_->write(end);
  output_->close();
  output_.reset();
  file_.commit();
}

}  // namespace esact::platform
