#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace esact::platform {

/// Element types of a safetensors file that the project uses.
enum class DataType : std::uint8_t { kBool, kI8, kU8, kI16, kI32, kI64, kF32 };

/// Name of a type in a safetensors header: BOOL, I8, U8, I16, I32, I64, F32.
const char* name(DataType type);

/// Bytes of one element.
std::size_t size_of(DataType type);

using Shape = std::vector<std::uint64_t>;
using Metadata = std::map<std::string, std::string>;

/// "[12, 384]".
std::string to_string(const Shape& shape);

/// The safetensors type of a C++ type.
template <typename T>
struct DataTypeOf;
template <>
struct DataTypeOf<std::int8_t> {
  static constexpr DataType value = DataType::kI8;
};
template <>
struct DataTypeOf<std::uint8_t> {
  static constexpr DataType value = DataType::kU8;
};
template <>
struct DataTypeOf<std::int16_t> {
  static constexpr DataType value = DataType::kI16;
};
template <>
struct DataTypeOf<std::int32_t> {
  static constexpr DataType value = DataType::kI32;
};
template <>
struct DataTypeOf<std::int64_t> {
  static constexpr DataType value = DataType::kI64;
};
template <>
struct DataTypeOf<float> {
  static constexpr DataType value = DataType::kF32;
};

/// Row-major elements inside a file's buffer, which must outlive the view. A file may place a tensor at any byte, so
/// elements are loaded, never pointed at.
template <typename T>
class TensorView {
 public:
  TensorView() = default;
  TensorView(const std::byte* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

  /// Number of elements.
  std::size_t size() const { return size_; }

  /// Element `index`, which is less than size().
  T operator[](std::size_t index) const {
    T element;
    std::memcpy(&element, bytes_ + index * sizeof(T), sizeof(T));
    return element;
  }

  /// The elements as the file holds them, little-endian; size() * sizeof(T) bytes.
  const std::byte* bytes() const { return bytes_; }

  /// A copy of all elements.
  std::vector<T> to_vector() const {
    std::vector<T> elements(size_);
    if (size_ > 0) std::memcpy(elements.data(), bytes_, size_ * sizeof(T));
    return elements;
  }

 private:
  const std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
};

/// Header entry of one tensor.
struct TensorInfo {
  DataType type = DataType::kI8;
  Shape shape;
  std::uint64_t offset = 0;  ///< bytes from the start of the data section
  std::uint64_t bytes = 0;
};

/// A safetensors file, read and checked as a whole. Every promise the header makes is verified once, so that no later
/// access can leave the buffer: lengths, offsets without overlap or gap, types, shapes, unique names.
class SafetensorsFile {
 public:
  /// Reads `path`. UserError naming the file, the tensor and what is wrong.
  static SafetensorsFile read(const std::filesystem::path& path);

  /// The same for content that is in memory; `source` stands in messages.
  static SafetensorsFile parse(std::vector<std::byte> content, std::string source);

  /// File name as messages give it.
  const std::string& source() const { return source_; }

  const Metadata& metadata() const { return metadata_; }

  /// Value of a metadata entry; UserError if it is missing.
  const std::string& metadata(const std::string& key) const;

  /// All tensors by name.
  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }

  bool contains(const std::string& tensor) const { return tensors_.count(tensor) != 0; }

  /// Header entry of a tensor; UserError with the nearest name if it is missing.
  const TensorInfo& info(const std::string& tensor) const;

  /// First byte of a tensor.
  const std::byte* bytes(const TensorInfo& info) const { return content_.data() + data_start_ + info.offset; }

  /// Elements of a tensor of any shape; UserError if it is missing or of another type.
  template <typename T>
  TensorView<T> view(const std::string& tensor) const {
    const TensorInfo& entry = checked(tensor, DataTypeOf<T>::value);
    return TensorView<T>(bytes(entry), entry.bytes / sizeof(T));
  }

  /// Elements of a tensor that must have `shape`; UserError if it is missing or of another type or shape.
  template <typename T>
  TensorView<T> view(const std::string& tensor, const Shape& shape) const {
    check_shape(tensor, shape);
    return view<T>(tensor);
  }

 private:
  SafetensorsFile() = default;
  const TensorInfo& checked(const std::string& tensor, DataType type) const;
  void check_shape(const std::string& tensor, const Shape& shape) const;

  std::string source_;
  std::vector<std::byte> content_;
  std::size_t data_start_ = 0;
  Metadata metadata_;
  std::map<std::string, TensorInfo> tensors_;
};

/// Collects tensors and writes them as one safetensors file. The same tensors give the same bytes in whatever order
/// they were added; every tensor is aligned to its element.
class SafetensorsWriter {
 public:
  /// Sets a metadata entry.
  void set_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }

  /// Adds a tensor, whose `data` is copied. std::invalid_argument if the name is taken.
  void add(const std::string& tensor, DataType type, const Shape& shape, const void* data);

  /// Adds a tensor of `shape`; std::invalid_argument if `elements` are not as many.
  template <typename T>
  void add(const std::string& tensor, const Shape& shape, const std::vector<T>& elements) {
    check_count(tensor, shape, elements.size());
    add(tensor, DataTypeOf<T>::value, shape, elements.data());
  }

  /// Writes the file whole or not at all; UserError if the file system refuses.
  void write(const std::filesystem::path& path) const;

 private:
  struct Entry {
    DataType type;
    Shape shape;
    std::vector<std::byte> data;
  };
  static void check_count(const std::string& tensor, const Shape& shape, std::size_t count);

  Metadata metadata_;
  std::map<std::string, Entry> entries_;
};

}  // namespace esact::platform
