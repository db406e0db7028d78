#include "platforms/common/layer_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "platforms/common/error.h"

namespace esact::platform {
namespace {

constexpr std::uint64_t kActivationEntries = 256;

/// Values an int32 parameter may have.
struct ValueRange {
  std::int32_t least = std::numeric_limits<std::int32_t>::min();
  std::int32_t most = std::numeric_limits<std::int32_t>::max();
};
constexpr ValueRange kAny{};
constexpr ValueRange kBias{-(1 << 30), 1 << 30};
constexpr ValueRange kNotNegative{0, std::numeric_limits<std::int32_t>::max()};
constexpr ValueRange kShift{0, 62};
constexpr ValueRange kPredictorShift{0, 24};

struct Expectation {
  std::string name;
  DataType type;
  Shape shape;
  ValueRange range = kAny;
};

void add_scale(std::vector<Expectation>& list, const std::string& name, std::uint64_t count) {
  list.push_back({name + ".multiplier", DataType::kI32, {count}, kNotNegative});
  list.push_back({name + ".shift", DataType::kI32, {count}, kShift});
}

void add_norm(std::vector<Expectation>& list, const std::string& name, std::uint64_t width) {
  list.push_back({name + ".gamma", DataType::kI32, {width}});
  list.push_back({name + ".beta", DataType::kI32, {width}});
  list.push_back({name + ".shift", DataType::kI32, {1}, kShift});
  list.push_back({name + ".epsilon", DataType::kI32, {1}, kNotNegative});
}

/// The table of docs/numerics.md for one layer.
std::vector<Expectation> expectations(const ModelShape& model, bool final_norm) {
  const std::uint64_t width = model.width;
  const std::uint64_t heads = model.heads;
  const std::uint64_t ffn = model.ffn;
  std::vector<Expectation> list;
  for (const char* name : {"wq", "wk", "wv", "wo"}) list.push_back({name, DataType::kI8, {width, width}});
  list.push_back({"w1", DataType::kI8, {width, ffn}});
  list.push_back({"w2", DataType::kI8, {ffn, width}});
  for (const char* name : {"bq", "bk", "bv", "bo", "b2"}) list.push_back({name, DataType::kI32, {width}, kBias});
  list.push_back({"b1", DataType::kI32, {ffn}, kBias});
  list.push_back({"predictor.q_shift", DataType::kI32, {heads}, kPredictorShift});
  list.push_back({"predictor.k_shift", DataType::kI32, {heads}, kPredictorShift});
  for (const char* name : {"x", "v", "z", "output", "x1", "increment"}) add_scale(list, name, width);
  for (const char* name : {"q", "k", "softmax"}) add_scale(list, name, heads);
  for (const char* name : {"hidden", "y"}) add_scale(list, name, ffn);
  list.push_back({"activation.table", DataType::kI16, {kActivationEntries}});
  add_norm(list, "norm1", width);
  add_norm(list, "norm2", width);
  if (final_norm) add_norm(list, "norm_final", width);
  return list;
}

void check_values(const SafetensorsFile& file, const std::string& tensor, const ValueRange& range) {
  const TensorView<std::int32_t> values = file.view<std::int32_t>(tensor);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < range.least || values[i] > range.most) {
      throw bad_value(file.source(), fmt::format("{}[{}]", tensor, i), fmt::format("{}", values[i]),
                      fmt::format("{}..{}", range.least, range.most));
    }
  }
}

void check(const SafetensorsFile& file, const std::string& tensor, const Expectation& expected) {
  const TensorInfo& info = file.info(tensor);
  if (info.type != expected.type || info.shape != expected.shape) {
    throw bad_value(file.source(), tensor, fmt::format("{} {}", name(info.type), to_string(info.shape)),
                    fmt::format("{} {}", name(expected.type), to_string(expected.shape)));
  }
  if (info.type == DataType::kI32) check_values(file, tensor, expected.range);
}

}  // namespace

void check_layer_parameters(const SafetensorsFile& file, const ModelShape& model) {
  std::vector<std::string> known;
  for (std::uint32_t layer = 0; layer < model.layers; ++layer) {
    for (const Expectation& expected : expectations(model, model.has_final_norm(layer))) {
      known.push_back(fmt::format("layer.{}.{}", layer, expected.name));
      check(file, known.back(), expected);
    }
  }
  if (known.size() == file.tensors().size()) return;
  std::sort(known.begin(), known.end());
  for (const auto& [tensor, unused] : file.tensors()) {
    if (!std::binary_search(known.begin(), known.end(), tensor)) {
      throw UserError(file.source(), quotation(tensor),
                      fmt::format("not a parameter of a model of {} layers{}", model.layers,
                                  model.final_norm ? "" : " without final_norm"));
    }
  }
}

}  // namespace esact::platform
