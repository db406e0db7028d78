#include "platforms/common/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>

#include "platforms/common/atomic_file.h"
#include "platforms/common/error.h"

namespace esact::platform {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;  // the format's own bound
constexpr std::size_t kMostDimensions = 8;
constexpr int kDeepestNesting = 3;  ///< header, entry, list
constexpr const char* kMetadataKey = "__metadata__";

struct TypeName {
  DataType type;
  const char* name;
  std::size_t bytes;
};
constexpr std::array<TypeName, 7> kTypes{{{DataType::kBool, "BOOL", 1},
                                          {DataType::kI8, "I8", 1},
                                          {DataType::kU8, "U8", 1},
                                          {DataType::kI16, "I16", 2},
                                          {DataType::kI32, "I32", 4},
                                          {DataType::kI64, "I64", 8},
                                          {DataType::kF32, "F32", 4}}};

std::uint64_t load_little_endian(const std::byte* bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b) {
  if (a != 0 && b > std::numeric_limits<std::uint64_t>::max() / a) return std::nullopt;
  return a * b;
}

/// Bytes of a tensor, or nothing if 64 bits cannot count them.
std::optional<std::uint64_t> bytes_of(DataType type, const Shape& shape) {
  std::optional<std::uint64_t> bytes = size_of(type);
  for (const std::uint64_t dimension : shape) {
    if (dimension == 0) return 0;
    if (bytes) bytes = product(*bytes, dimension);
  }
  return bytes;
}

/// The header's text as JSON. A repeated name is an error, which a plain parse would hide, and so is deep nesting,
/// which whoever writes the value into a message would follow.
json parse_header(const char* begin, const char* end, const std::string& source) {
  std::vector<std::set<std::string>> names;
  std::string repeated;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    const bool opens = event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth >= kDeepestNesting) throw UserError(source, "header", "lists or objects inside each other");
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key && !names.back().insert(value.get<std::string>()).second) {
      repeated = value.get<std::string>();
    }
    return true;
  };
  json header;
  // To the parser a zero byte is the end, whatever follows.
  if (std::find(begin, end, '\0') != end) throw UserError(source, "header", "not valid JSON: a zero byte");
  try {
    header = json::parse(begin, end, watch);
  } catch (const json::exception& failure) {
    throw UserError(source, "header", "not valid JSON");
  }
  if (!repeated.empty()) throw UserError(source, quotation(repeated), "stands twice in the header");
  if (!header.is_object()) throw UserError(source, "header", "not a JSON object");
  return header;
}

Metadata parse_metadata(const json& value, const std::string& source) {
  if (!value.is_object()) throw UserError(source, kMetadataKey, "not an object, expected text by name");
  Metadata metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) {
      throw UserError(source, fmt::format("{}.{}", kMetadataKey, quotation(key)), "not a text, expected text by name");
    }
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

DataType parse_type(const json& entry, const std::string& source, const std::string& key) {
  const std::string text = entry.is_string() ? entry.get<std::string>() : entry.dump();
  for (const TypeName& candidate : kTypes) {
    if (text == candidate.name) return candidate.type;
  }
  throw bad_value(source, key + ".dtype", quotation(text), "BOOL, I8, U8, I16, I32, I64 or F32");
}

/// A list of whole numbers that fit 64 bits.
std::vector<std::uint64_t> parse_numbers(const json& entry, const std::string& source, const std::string& key) {
  const bool valid = entry.is_array() && std::all_of(entry.begin(), entry.end(),
                                                     [](const json& number) { return number.is_number_unsigned(); });
  if (!valid) throw bad_value(source, key, quotation(entry.dump()), "a list of whole numbers from 0");
  return entry.get<std::vector<std::uint64_t>>();
}

TensorInfo parse_entry(const json& entry, const std::string& source, const std::string& key, std::uint64_t data_bytes) {
  if (!entry.is_object()) throw UserError(source, key, "not an object, expected dtype, shape and data_offsets");
  for (const char* field : {"dtype", "shape", "data_offsets"}) {
    if (!entry.contains(field)) throw UserError(source, key, fmt::format("{} is missing", field));
  }
  if (entry.size() != 3) throw UserError(source, key, "more fields than dtype, shape and data_offsets");

  TensorInfo info;
  info.type = parse_type(entry["dtype"], source, key);
  info.shape = parse_numbers(entry["shape"], source, key + ".shape");
  if (info.shape.size() > kMostDimensions) {
    throw bad_value(source, key + ".shape", fmt::format("{} dimensions", info.shape.size()), "at most 8");
  }
  const std::vector<std::uint64_t> offsets = parse_numbers(entry["data_offsets"], source, key + ".data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_bytes) {
    throw bad_value(source, key + ".data_offsets", quotation(entry["data_offsets"].dump()),
                    fmt::format("[begin, end] in order within the file's {} bytes of data", data_bytes));
  }
  info.offset = offsets[0];
  info.bytes = offsets[1] - offsets[0];
  if (bytes_of(info.type, info.shape) != info.bytes) {
    throw bad_value(source, key + ".data_offsets", fmt::format("{} bytes", info.bytes),
                    fmt::format("those of {} {}", name(info.type), to_string(info.shape)));
  }
  return info;
}

/// Tensors must cover the data section without overlap and without a gap.
void check_coverage(const std::map<std::string, TensorInfo>& tensors, std::uint64_t data_bytes,
                    const std::string& source) {
  std::vector<std::pair<std::string, TensorInfo>> in_order(tensors.begin(), tensors.end());
  std::stable_sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) {
    return std::make_pair(a.second.offset, a.second.bytes) < std::make_pair(b.second.offset, b.second.bytes);
  });
  std::uint64_t end = 0;
  for (const auto& [tensor, info] : in_order) {
    if (info.offset != end) {
      throw bad_value(source, quotation(tensor) + ".data_offsets", fmt::format("begins at {}", info.offset),
                      fmt::format("{}, where the tensor before it ends", end));
    }
    end = info.offset + info.bytes;
  }
  if (end != data_bytes) {
    throw UserError(source, fmt::format("{} bytes after the last tensor belong to none", data_bytes - end));
  }
}

}  // namespace

const char* name(DataType type) {
  return kTypes[static_cast<std::size_t>(type)].name;
}

std::size_t size_of(DataType type) {
  return kTypes[static_cast<std::size_t>(type)].bytes;
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

SafetensorsFile SafetensorsFile::read(const std::filesystem::path& path) {
  const std::string source = path.string();
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) throw UserError(source, "no such file");
  const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
  std::ifstream stream(path, std::ios::binary);
  if (failure || !stream) throw UserError(source, "cannot be read");
  std::vector<std::byte> content(bytes);
  stream.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(bytes));
  if (static_cast<std::uintmax_t>(stream.gcount()) != bytes) throw UserError(source, "cannot be read completely");
  return parse(std::move(content), source);
}

SafetensorsFile SafetensorsFile::parse(std::vector<std::byte> content, std::string source) {
  SafetensorsFile file;
  file.source_ = std::move(source);
  if (content.size() < kLengthBytes) {
    throw bad_value(file.source_, "length", fmt::format("{} bytes", content.size()),
                    "at least 8: not a safetensors file");
  }
  const std::uint64_t header_bytes = load_little_endian(content.data());
  const std::uint64_t longest = std::min<std::uint64_t>(content.size() - kLengthBytes, kLongestHeader);
  if (header_bytes > longest) {
    throw bad_value(file.source_, "header length", fmt::format("{} bytes", header_bytes),
                    fmt::format("at most {}: truncated, or not a safetensors file", longest));
  }
  file.data_start_ = kLengthBytes + header_bytes;
  const std::uint64_t data_bytes = content.size() - file.data_start_;
  const auto* text = reinterpret_cast<const char*>(content.data()) + kLengthBytes;
  const json header = parse_header(text, text + header_bytes, file.source_);
  for (const auto& [key, entry] : header.items()) {
    if (key == kMetadataKey) {
      file.metadata_ = parse_metadata(entry, file.source_);
    } else {
      file.tensors_[key] = parse_entry(entry, file.source_, quotation(key), data_bytes);
    }
  }
  check_coverage(file.tensors_, data_bytes, file.source_);
  file.content_ = std::move(content);
  return file;
}

const std::string& SafetensorsFile::metadata(const std::string& key) const {
  const auto entry = metadata_.find(key);
  if (entry == metadata_.end()) throw UserError(source_, fmt::format("{}.{}", kMetadataKey, key), "missing");
  return entry->second;
}

const TensorInfo& SafetensorsFile::info(const std::string& tensor) const {
  const auto entry = tensors_.find(tensor);
  if (entry != tensors_.end()) return entry->second;
  std::vector<std::string> names;
  for (const auto& [known, unused] : tensors_) names.push_back(known);
  const std::string suggestion = nearest(tensor, names);
  throw UserError(source_, tensor,
                  "no such tensor" + (suggestion.empty() ? "" : ", the nearest name is " + quotation(suggestion)));
}

const TensorInfo& SafetensorsFile::checked(const std::string& tensor, DataType type) const {
  const TensorInfo& entry = info(tensor);
  const bool readable = entry.type == type || (type == DataType::kU8 && entry.type == DataType::kBool);
  if (!readable) throw bad_value(source_, tensor, name(entry.type), name(type));
  return entry;
}

void SafetensorsFile::check_shape(const std::string& tensor, const Shape& shape) const {
  const TensorInfo& entry = info(tensor);
  if (entry.shape != shape) {
    throw bad_value(source_, tensor, "shape " + to_string(entry.shape), to_string(shape));
  }
}

void SafetensorsWriter::add(const std::string& tensor, DataType type, const Shape& shape, const void* data) {
  const std::optional<std::uint64_t> bytes = bytes_of(type, shape);
  if (!bytes || tensor == kMetadataKey) throw std::invalid_argument("safetensors: bad tensor " + tensor);
  Entry entry{type, shape, std::vector<std::byte>(*bytes)};
  if (*bytes > 0) std::memcpy(entry.data.data(), data, *bytes);
  if (!entries_.emplace(tensor, std::move(entry)).second) {
    throw std::invalid_argument("safetensors: tensor added twice: " + tensor);
  }
}

void SafetensorsWriter::check_count(const std::string& tensor, const Shape& shape, std::size_t count) {
  if (bytes_of(DataType::kI8, shape) != count) {
    throw std::invalid_argument(
        fmt::format("safetensors: {} has {} elements, not {}", tensor, count, to_string(shape)));
  }
}

void SafetensorsWriter::write(const std::filesystem::path& path) const {
  std::vector<std::map<std::string, Entry>::const_iterator> in_order;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) in_order.push_back(entry);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const auto& a, const auto& b) { return size_of(a->second.type) > size_of(b->second.type); });

  nlohmann::ordered_json header;
  if (!metadata_.empty()) header[kMetadataKey] = metadata_;
  std::uint64_t offset = 0;
  for (const auto& entry : in_order) {
    const Entry& tensor = entry->second;
    const std::uint64_t end = offset + tensor.data.size();
    header[entry->first] = {{"dtype", name(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.is_null() ? "{}" : header.dump();
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');

  write_atomically(path, [&](std::ostream& stream) {
    for (std::size_t i = 0; i < kLengthBytes; ++i) stream.put(static_cast<char>(text.size() >> (8 * i) & 0xff));
    stream << text;
    for (const auto& entry : in_order) {
      const std::vector<std::byte>& data = entry->second.data;
      stream.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
    }
  });
}

}  // namespace esact::platform
