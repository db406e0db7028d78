#include "platforms/common/transaction_file.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "platforms/common/error.h"
#include "platforms/temporary_folder.h"

namespace {

using namespace esact;
using esact::platform::TransactionFile;
using esact::platform::UserError;
using esact::test::TemporaryFolder;

using Bytes = std::vector<unsigned char>;

Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

const unsigned char kData[] = {0xd0, 0xd1, 0xd2};
const unsigned char kEnables[] = {0xff, 0x00};

TransactionEvent event() {
  TransactionEvent event;
  event.socket = 0x0102;
  event.transaction = 0x11121314;
  event.phase = TransactionPhase::kBeginResponse;
  event.time_ps = 0x2122232425262728;
  event.command = tlm::TLM_WRITE_COMMAND;
  event.address = 0x3132333435363738;
  event.length = sizeof kData;
  event.streaming_width = 0x41424344;
  event.response = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  event.byte_enables = kEnables;
  event.byte_enable_length = sizeof kEnables;
  event.data = kData;
  return event;
}

Bytes expected(bool with_data) {
  const unsigned char data = with_data ? 3 : 0;
  Bytes bytes{'E', 'S', 'A', 'C', 'T', 'T', 'L', 'M', 1, 0, 0, 0, with_data, 0, 0, 0, 48, 0, 0, 0, 2, 0, 0, 0};
  append(bytes, {1, 0, 0, 0, 'a', 3, 0, 0, 0, 'b', '.', 'c'});
  append(bytes, {1, 0, 0, 0, 0, 0, 0, 0});
  append(bytes, {static_cast<unsigned char>(2 + data), 0, 0, 0, 0, 0, 0, 0});
  append(bytes, {0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21});
  append(bytes, {0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31});
  append(bytes, {3, 0, 0, 0, 0, 0, 0, 0});
  append(bytes, {0x14, 0x13, 0x12, 0x11, 0x44, 0x43, 0x42, 0x41, 2, 0, 0, 0, data, 0, 0, 0});
  append(bytes, {0x02, 0x01, 4, 1, 0xfe, 0xff, 0xff, 0xff});
  append(bytes, {0xff, 0x00});
  if (with_data) append(bytes, {0xd0, 0xd1, 0xd2});
  append(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0});
  return bytes;
}

}  // namespace

TEST_CASE("A recording has the documented bytes, with data and without") {
  const TemporaryFolder folder;
  for (const bool with_data : {true, false}) {
    const std::filesystem::path path = folder.path() / "new" / "recording.bin";
    TransactionFile file(path, with_data);
    file.start({"a", "b.c"});
    file.write(event());
    CHECK_FALSE(file.failed());
    file.finish();
    CHECK(read(path) == expected(with_data));
  }
}

TEST_CASE("A recording ends when it is finished, whatever follows") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "recording.bin";
  TransactionFile file(path, true);
  file.start({"a", "b.c"});
  file.write(event());
  file.finish();
  for (int count = 0; count < 10000; ++count) file.write(event());
  CHECK(read(path) == expected(true));
}

TEST_CASE("A recording that is not finished leaves no file and keeps an older one") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "recording.bin";
  std::ofstream(path) << "older";
  {
    TransactionFile file(path, false);
    file.start({"a"});
    for (int count = 0; count < 10000; ++count) file.write(event());
  }
  CHECK(read(path) == Bytes{'o', 'l', 'd', 'e', 'r'});
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK_THROWS_AS(TransactionFile(path / "below", false), UserError);
}
