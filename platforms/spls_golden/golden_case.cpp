#include "platforms/spls_golden/golden_case.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "platforms/common/error.h"
#include "platforms/common/safetensors.h"

namespace esact::platform {
namespace {

constexpr const char* kMacsOrder = "query key value score context output ffn";

/// Typed access to a golden file's metadata and tensors.
class GoldenFile {
 public:
  explicit GoldenFile(const std::filesystem::path& path) : file_(SafetensorsFile::read(path)) {}

  const SafetensorsFile& file() const { return file_; }

  std::uint32_t number(const char* key, std::uint32_t minimum, std::uint32_t maximum) const {
    const std::string& text = file_.metadata(key);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < minimum || value > maximum) {
      throw bad_value(file_.source(), key, quotation(text), std::to_string(minimum) + ".." + std::to_string(maximum));
    }
    return value;
  }

  /// Index in `names` of a metadata entry.
  std::size_t choice(const char* key, const std::vector<std::string>& names) const {
    const std::string& text = file_.metadata(key);
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) {
      std::string expected = names.front();
      for (std::size_t i = 1; i < names.size(); ++i) expected += " | " + names[i];
      throw bad_value(file_.source(), key, quotation(text), expected);
    }
    return static_cast<std::size_t>(found - names.begin());
  }

  /// A tensor of any integer type, as Target.
  template <class Target>
  std::vector<Target> integers(const std::string& name, const Shape& shape) const {
    const TensorInfo& info = file_.info(name);
    if (info.shape != shape) {
      throw bad_value(file_.source(), name, to_string(info.shape), "shape " + to_string(shape));
    }
    switch (info.type) {
      case DataType::kBool:
      case DataType::kU8:
        return convert<Target, std::uint8_t>(info);
      case DataType::kI8:
        return convert<Target, std::int8_t>(info);
      case DataType::kI32:
        return convert<Target, std::int32_t>(info);
      case DataType::kI64:
        return convert<Target, std::int64_t>(info);
      case DataType::kI16:
      case DataType::kF32:
        break;
    }
    throw bad_value(file_.source(), name, esact::platform::name(info.type), "BOOL, U8, I8, I32 or I64");
  }

 private:
  template <class Target, class Source>
  std::vector<Target> convert(const TensorInfo& info) const {
    const TensorView<Source> view(file_.bytes(info), info.bytes / sizeof(Source));
    std::vector<Target> values(view.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Target>(view[i]);
    return values;
  }

  SafetensorsFile file_;
};

SplsKnobs read_knobs(const GoldenFile& file) {
  using kernels::Quantizer;
  SplsKnobs knobs;
  knobs.enabled = 1;
  knobs.k_q8 = static_cast<std::uint16_t>(file.number("k_q8", 1, 256));
  knobs.s_q8 = static_cast<std::uint16_t>(file.number("s_q8", 0, 65535));
  knobs.f_q8 = static_cast<std::uint16_t>(file.number("f_q8", 0, 257));
  knobs.window = static_cast<std::uint16_t>(file.number("window", 1, 64));
  const bool ties_down = file.choice("ties", {"up", "down"}) == 1;
  constexpr Quantizer kQuantizers[] = {Quantizer::kHlog, Quantizer::kPowerOfTwo, Quantizer::kLeadingOne,
                                       Quantizer::kExact};
  knobs.quantizer = kQuantizers[file.choice("quantizer", {"hlog", "pot", "leading_one", "exact"})];
  if (ties_down && knobs.quantizer == Quantizer::kHlog) knobs.quantizer = Quantizer::kHlogTiesDown;
  knobs.offset_kth = static_cast<std::uint8_t>(file.choice("offset", {"none", "kth"}));
  knobs.hamming = static_cast<std::uint8_t>(file.choice("metric", {"l1", "hamming"}));
  return knobs;
}

LayerWork read_work(const GoldenFile& file) {
  const Shape& x = file.file().info("x").shape;
  if (x.size() != 2 || x[0] < 1 || x[0] > 1024 || x[1] < 1 || x[1] > 1024) {
    throw bad_value(file.file().source(), "x", to_string(x), "shape [1..1024, 1..1024]");
  }
  LayerWork work;
  work.spls = read_knobs(file);
  work.sequences = {static_cast<std::uint32_t>(x[0])};
  work.shape.width = static_cast<std::uint32_t>(x[1]);
  work.shape.heads = file.number("heads", 1, 64);
  if (work.shape.width % work.shape.heads != 0 || work.shape.width / work.shape.heads > 128) {
    throw bad_value(file.file().source(), "heads", std::to_string(work.shape.heads),
                    "a divisor of width " + std::to_string(work.shape.width) + " with heads at most 128 wide");
  }
  work.shape.head_width = work.shape.width / work.shape.heads;
  work.shape.ffn_width = file.number("ffn_width", 1, 4096);
  work.shape.causal = file.choice("causal", {"false", "true"}) == 1;
  return work;
}

/// The parameter block: Wq, Wk, their biases and shifts; x = h; everything else zero.
std::vector<std::uint8_t> pack(const GoldenFile& file, const LayerShape& shape) {
  const ParameterLayout layout(shape);
  const std::uint64_t width = shape.width, heads = shape.heads, head_width = shape.head_width;
  std::vector<std::uint8_t> block(layout.bytes());
  const auto put = [&](std::uint64_t offset, const auto* data, std::size_t count) {
    std::memcpy(block.data() + offset, data, count * sizeof *data);
  };
  const auto q_shift = file.integers<std::uint8_t>("q_shift", {heads});
  const auto k_shift = file.integers<std::uint8_t>("k_shift", {heads});
  put(layout.attention().predictor_shifts, q_shift.data(), heads);
  put(layout.attention().predictor_shifts + heads, k_shift.data(), heads);
  const std::vector<std::int32_t> ones(width, 1);
  put(layout.attention().x_multiplier, ones.data(), width);
  const auto bq = file.integers<std::int32_t>("bq", {width}), bk = file.integers<std::int32_t>("bk", {width});
  put(layout.attention().q_bias, bq.data(), width);
  const auto wq = file.integers<std::int8_t>("wq", {width, width}),
             wk = file.integers<std::int8_t>("wk", {width, width});
  for (std::uint32_t head = 0; head < heads; ++head) {
    put(layout.attention().kv_bias + 2 * head * head_width * sizeof(std::int32_t), bk.data() + head * head_width,
        head_width);
    const std::uint64_t weights = layout.head_weights(head).offset;
    for (std::uint64_t row = 0; row < width; ++row) {
      const std::uint64_t source = row * width + head * head_width;
      put(weights + row * head_width, wq.data() + source, head_width);
      put(weights + layout.weight_stride() + row * head_width, wk.data() + source, head_width);
    }
  }
  return block;
}

}  // namespace

GoldenCase read_golden_case(const std::filesystem::path& path) {
  const GoldenFile file(path);
  if (file.file().metadata("macs_order") != kMacsOrder) {
    throw bad_value(file.file().source(), "macs_order", quotation(file.file().metadata("macs_order")), kMacsOrder);
  }
  GoldenCase golden;
  golden.name = path.filename().string();
  golden.work = read_work(file);
  const std::uint64_t tokens = golden.work.tokens(), heads = golden.work.shape.heads;
  golden.h = file.integers<std::int32_t>("x", {tokens, golden.work.shape.width});
  golden.parameters = pack(file, golden.work.shape);
  golden.expected.pam = file.integers<std::int32_t>("pam", {heads, tokens, tokens});
  golden.expected.mask = file.integers<std::uint8_t>("mask", {heads, tokens, tokens});
  golden.expected.representative = file.integers<std::int32_t>("representative", {heads, tokens});
  golden.expected.needed_columns = file.integers<std::uint8_t>("needed_columns", {heads, tokens});
  golden.expected.ffn_root = file.integers<std::int32_t>("ffn_root", {tokens});
  const auto macs = file.integers<std::uint64_t>("macs", {kOperations});
  const auto dense = file.integers<std::uint64_t>("dense_macs", {kOperations});
  std::copy(macs.begin(), macs.end(), golden.expected.macs.begin());
  std::copy(dense.begin(), dense.end(), golden.expected.dense_macs.begin());
  golden.expected.predictor_products = file.integers<std::uint64_t>("predictor_products", {1})[0];
  return golden;
}

}  // namespace esact::platform
