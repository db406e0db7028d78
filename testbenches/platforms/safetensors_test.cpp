#include "platforms/common/safetensors.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "platforms/common/atomic_file.h"
#include "platforms/common/error.h"
#include "platforms/temporary_folder.h"

namespace {

using namespace esact::platform;
using esact::test::message_of;
using esact::test::read_file;
using esact::test::TemporaryFolder;

std::vector<std::byte> to_bytes(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

/// A file of a header whose length field says `length`, and `data` bytes.
std::string raw(std::uint64_t length, const std::string& header, std::size_t data) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += static_cast<char>(length >> (8 * i) & 0xff);
  return text + header + std::string(data, '\1');
}

std::string raw(const std::string& header, std::size_t data) {
  return raw(header.size(), header, data);
}

std::string error_of(const std::string& content) {
  return message_of<UserError>([&] { SafetensorsFile::parse(to_bytes(content), "f"); });
}

}  // namespace

TEST_CASE("Safetensors refuses hostile files with one clear message each") {
  const std::string deep(200000, '[');
  struct Case {
    const char* what;
    std::string content;
    const char* message;
  };
  const Case cases[] = {
      {"empty", "", "f: length: 0 bytes, expected at least 8: not a safetensors file"},
      {"seven bytes", "1234567", "f: length: 7 bytes, expected at least 8"},
      {"header longer than the file", raw(100, "{}", 0),
       "f: header length: 100 bytes, expected at most 2: truncated, or not a safetensors file"},
      {"header length near 2^64", raw(~std::uint64_t{0} - 7, "{}", 0),
       "f: header length: 18446744073709551608 bytes, expected at most 2"},
      {"no header", raw("", 0), "f: header: not valid JSON"},
      {"not JSON", raw("{\"a\":", 0), "f: header: not valid JSON"},
      {"bytes after the JSON", raw("{}x", 0), "f: header: not valid JSON"},
      {"not UTF-8", raw("{\"\xff\":1}", 0), "f: header: not valid JSON"},
      {"deep nesting", raw(deep, 0), "f: header: lists or objects inside each other"},
      {"a list", raw("[]", 0), "f: header: not a JSON object"},
      {"same name twice",
       raw(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})",
           1),
       "f: 'a': stands twice in the header"},
      {"same field twice", raw(R"({"a":{"dtype":"I8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
       "f: 'dtype': stands twice in the header"},
      {"metadata no object", raw(R"({"__metadata__":3})", 0), "f: __metadata__: not an object, expected text by name"},
      {"metadata no text", raw(R"({"__metadata__":{"k":3}})", 0), "f: __metadata__.'k': not a text"},
      {"entry no object", raw(R"({"a":7})", 0), "f: 'a': not an object, expected dtype, shape and data_offsets"},
      {"no dtype", raw(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1), "f: 'a': dtype is missing"},
      {"no shape", raw(R"({"a":{"dtype":"I8","data_offsets":[0,1]}})", 1), "f: 'a': shape is missing"},
      {"no offsets", raw(R"({"a":{"dtype":"I8","shape":[1]}})", 1), "f: 'a': data_offsets is missing"},
      {"unknown field", raw(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1],"x":0}})", 1),
       "f: 'a': more fields than dtype, shape and data_offsets"},
      {"unknown type", raw(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", 8),
       "f: 'a'.dtype: 'F64', expected BOOL, I8, U8, I16, I32, I64 or F32"},
      {"type no text", raw(R"({"a":{"dtype":8,"shape":[1],"data_offsets":[0,8]}})", 8), "f: 'a'.dtype: '8', expected"},
      {"negative dimension", raw(R"({"a":{"dtype":"I8","shape":[-1],"data_offsets":[0,1]}})", 1),
       "f: 'a'.shape: '[-1]', expected a list of whole numbers from 0"},
      {"fractional dimension", raw(R"({"a":{"dtype":"I8","shape":[1.0],"data_offsets":[0,1]}})", 1), "f: 'a'.shape:"},
      {"dimension above 2^64", raw(R"({"a":{"dtype":"I8","shape":[18446744073709551616],"data_offsets":[0,1]}})", 1),
       "f: 'a'.shape:"},
      {"too many dimensions", raw(R"({"a":{"dtype":"I8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", 1),
       "f: 'a'.shape: 9 dimensions, expected at most 8"},
      {"product wraps to 0", raw(R"({"a":{"dtype":"I8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
       "f: 'a'.data_offsets: 0 bytes, expected those of I8 [4294967296, 4294967296]"},
      {"bytes wrap", raw(R"({"a":{"dtype":"I32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4),
       "f: 'a'.data_offsets: 4 bytes, expected those of I32 [4611686018427387905]"},
      {"shape larger than data", raw(R"({"a":{"dtype":"I32","shape":[2],"data_offsets":[0,4]}})", 4),
       "f: 'a'.data_offsets: 4 bytes, expected those of I32 [2]"},
      {"scalar of no bytes", raw(R"({"a":{"dtype":"I8","shape":[],"data_offsets":[0,0]}})", 0),
       "f: 'a'.data_offsets: 0 bytes, expected those of I8 []"},
      {"offsets turned round", raw(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[1,0]}})", 1),
       "f: 'a'.data_offsets: '[1,0]', expected [begin, end] in order within the file's 1 bytes of data"},
      {"one offset", raw(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[1]}})", 1), "f: 'a'.data_offsets: '[1]'"},
      {"offset beyond the file", raw(R"({"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}})", 1),
       "f: 'a'.data_offsets: '[0,2]', expected [begin, end] in order within the file's 1 bytes"},
      {"overlap",
       raw(R"({"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}})",
           3),
       "f: 'b'.data_offsets: begins at 1, expected 2, where the tensor before it ends"},
      {"gap",
       raw(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"I8","shape":[1],"data_offsets":[2,3]}})",
           3),
       "f: 'b'.data_offsets: begins at 2, expected 1"},
      {"bytes of no tensor", raw(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 3),
       "f: 2 bytes after the last tensor belong to none"},
      {"control characters in a name", raw("{\"a\\u001b\":7}", 0), "f: 'a\\x1b': not an object"},
  };
  for (const Case& bad : cases) {
    INFO(bad.what);
    CHECK_THAT(error_of(bad.content), Catch::StartsWith(bad.message));
  }
}

TEST_CASE("Safetensors survives every truncation and every changed byte of a header") {
  const std::string good = raw(
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[0],"data_offsets":[4,4]}})",
      4);
  REQUIRE(error_of(good).empty());
  for (std::size_t length = 0; length < good.size(); ++length) CHECK_FALSE(error_of(good.substr(0, length)).empty());
  std::size_t accepted = 0;
  for (std::size_t i = 0; i + 4 < good.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = good;
      changed[i] = static_cast<char>(value);
      accepted += error_of(changed).empty() ? 1 : 0;
    }
  }
  CHECK(accepted > good.size());
  CHECK(accepted < good.size() * 64);
}

TEST_CASE("Safetensors writes what it reads, aligned and independent of the order of adding") {
  const TemporaryFolder folder;
  const std::vector<std::int8_t> i8{-128, 0, 127};
  const std::vector<std::uint8_t> u8{0, 255};
  const std::vector<std::int16_t> i16{-32768, 32767};
  const std::vector<std::int32_t> i32{-2147483647 - 1, 2147483647, 5, -6};
  const std::vector<std::int64_t> i64{-1, std::int64_t{1} << 40};
  const std::vector<float> f32{1.5F, -0.0F};
  SafetensorsWriter writer;
  writer.set_metadata("h_scale", "0.125");
  writer.add("i8", {3}, i8);
  writer.add("u8", {2, 1}, u8);
  writer.add("i16", {2}, i16);
  writer.add("i32", {2, 2}, i32);
  writer.add("i64", {2}, i64);
  writer.add("f32", {2}, f32);
  writer.add("none", {0, 4}, std::vector<std::int32_t>{});
  writer.write(folder.path() / "new" / "a.safetensors");

  const SafetensorsFile file = SafetensorsFile::read(folder.path() / "new" / "a.safetensors");
  CHECK(file.metadata("h_scale") == "0.125");
  CHECK(file.view<std::int8_t>("i8", {3}).to_vector() == i8);
  CHECK(file.view<std::uint8_t>("u8", {2, 1}).to_vector() == u8);
  CHECK(file.view<std::int16_t>("i16", {2}).to_vector() == i16);
  CHECK(file.view<std::int32_t>("i32", {2, 2}).to_vector() == i32);
  CHECK(file.view<std::int64_t>("i64", {2}).to_vector() == i64);
  CHECK(file.view<float>("f32", {2}).to_vector() == f32);
  CHECK(file.view<std::int32_t>("none", {0, 4}).size() == 0);
  for (const auto& [tensor, info] : file.tensors()) CHECK(info.offset % size_of(info.type) == 0);

  SafetensorsWriter other;
  other.add("none", {0, 4}, std::vector<std::int32_t>{});
  other.add("f32", {2}, f32);
  other.add("i64", {2}, i64);
  other.add("i32", {2, 2}, i32);
  other.add("i16", {2}, i16);
  other.add("u8", {2, 1}, u8);
  other.add("i8", {3}, i8);
  other.set_metadata("h_scale", "0.125");
  other.write(folder.path() / "b.safetensors");
  CHECK(read_file(folder.path() / "new" / "a.safetensors") == read_file(folder.path() / "b.safetensors"));

  CHECK_THROWS_AS(writer.add("i8", {3}, i8), std::invalid_argument);
  CHECK_THROWS_AS(writer.add("wrong", {4}, i8), std::invalid_argument);
  CHECK_THROWS_AS(writer.add("__metadata__", {3}, i8), std::invalid_argument);
}

TEST_CASE("Safetensors reads tensors at any byte") {
  const std::string header =
      R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"I32","shape":[2],"data_offsets":[3,11]}})";
  const SafetensorsFile file = SafetensorsFile::parse(to_bytes(raw(header, 11)), "f");
  CHECK(file.view<std::int32_t>("b")[1] == 0x01010101);
  CHECK(file.view<std::int32_t>("b").to_vector() == std::vector<std::int32_t>(2, 0x01010101));
}

TEST_CASE("Safetensors names the tensor that is missing or different") {
  const std::string header =
      R"({"layer.0.wq":{"dtype":"I8","shape":[1,2],"data_offsets":[0,2]},"flag":{"dtype":"BOOL","shape":[1],"data_offsets":[2,3]}})";
  const SafetensorsFile file = SafetensorsFile::parse(to_bytes(raw(header, 3)), "f");
  CHECK(file.view<std::uint8_t>("flag")[0] == 1);
  CHECK(message_of<UserError>([&] { file.view<std::int8_t>("layer.0.wp"); }) ==
        "f: layer.0.wp: no such tensor, the nearest name is 'layer.0.wq'");
  CHECK(message_of<UserError>([&] { file.view<std::int32_t>("layer.0.wq"); }) == "f: layer.0.wq: I8, expected I32");
  CHECK(message_of<UserError>([&] { file.view<std::uint8_t>("layer.0.wq"); }) == "f: layer.0.wq: I8, expected U8");
  CHECK(message_of<UserError>([&] {
          file.view<std::int8_t>("layer.0.wq", {2, 1});
        }) == "f: layer.0.wq: shape [1, 2], expected [2, 1]");
  CHECK(message_of<UserError>([&] { file.metadata("h_scale"); }) == "f: __metadata__.h_scale: missing");
}

TEST_CASE("Files that cannot be read or written end as user errors and leave nothing behind") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(SafetensorsFile::read(folder.path() / "missing"), UserError);
  CHECK_THROWS_AS(SafetensorsFile::read(folder.path()), UserError);
  CHECK_THROWS_AS(SafetensorsFile::read("/dev/zero"), UserError);

  const std::filesystem::path file = folder.write("kept", "old");
  const auto fail = [](std::ostream&) { throw std::runtime_error("stop"); };
  CHECK_THROWS_WITH(write_atomically(file, fail), "stop");
  CHECK(read_file(file) == "old");
  CHECK_THROWS_AS(write_atomically(file / "below", [](std::ostream&) {}), UserError);
  CHECK_THROWS_AS(write_atomically("/dev/full/x", [](std::ostream&) {}), UserError);
  const std::filesystem::path occupied = folder.path() / "occupied";
  std::filesystem::create_directories(occupied / "inside");
  CHECK_THROWS_AS(write_atomically(occupied, [](std::ostream& stream) { stream << "x"; }), UserError);
  write_atomically(file, [](std::ostream& stream) { stream << "new"; });
  CHECK(read_file(file) == "new");
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
  CHECK(entries == 2);
}
