#pragma once

#include <functional>
#include <map>
#include <string>

#include "platforms/common/safetensors.h"
#include "platforms/temporary_folder.h"

namespace esact::test {

/// A tensor to be written.
struct Tensor {
  platform::DataType type;
  platform::Shape shape;
  std::vector<std::int32_t> values;  ///< narrowed to the type
};
using Tensors = std::map<std::string, Tensor>;

/// Contents of a small valid workload folder, free to be spoiled before it is written.
struct SmallWorkload {
  static constexpr std::uint64_t kLayers = 2, kWidth = 8, kHeads = 2, kFfn = 12;

  std::string yaml =
      "format: esact-workload-1\n"
      "model: {name: tiny, layers: 2, width: 8, heads: 2, ffn: 12, norm: pre, causal: true, final_norm: true}\n"
      "spls: {enabled: [true, false], k_q8: 77, s_q8: 65535, f_q8: 257, window: [4, 64], quantizer: hlog, ties: down,\n"
      "  offset: kth, metric: hamming}\n"
      "sequences: [5, 3]\n"
      "weights: w.safetensors\n"
      "inputs: i.safetensors\n"
      "float_embeddings: f.safetensors\n";
  Tensors weights;
  Tensors inputs;
  platform::Metadata input_metadata{{"h_scale", "0.03125"}};

  SmallWorkload() {
    for (std::uint64_t layer = 0; layer < kLayers; ++layer) add_layer("layer." + std::to_string(layer) + ".");
    add_norm("layer.1.norm_final");
    add_input("h.0", 5);
    add_input("h.1", 3);
  }

  void write(const std::filesystem::path& folder) const {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "workload.yaml") << yaml;
    write(folder / "w.safetensors", weights, {});
    write(folder / "i.safetensors", inputs, input_metadata);
  }

 private:
  using DataType = platform::DataType;

  void add(const std::string& name, DataType type, platform::Shape shape, std::int32_t value) {
    std::uint64_t count = 1;
    for (const std::uint64_t dimension : shape) count *= dimension;
    weights[name] = {type, std::move(shape), std::vector<std::int32_t>(count, value)};
  }

  void add_norm(const std::string& name) {
    add(name + ".gamma", DataType::kI32, {kWidth}, 9);
    add(name + ".beta", DataType::kI32, {kWidth}, -9);
    add(name + ".shift", DataType::kI32, {1}, 62);
    add(name + ".epsilon", DataType::kI32, {1}, 0);
  }

  void add_layer(const std::string& prefix) {
    for (const char* name : {"wq", "wk", "wv", "wo"}) add(prefix + name, DataType::kI8, {kWidth, kWidth}, -128);
    add(prefix + "w1", DataType::kI8, {kWidth, kFfn}, 1);
    add(prefix + "w2", DataType::kI8, {kFfn, kWidth}, 1);
    for (const char* name : {"bq", "bk", "bv", "bo", "b2"}) add(prefix + name, DataType::kI32, {kWidth}, -(1 << 30));
    add(prefix + "b1", DataType::kI32, {kFfn}, 1 << 30);
    for (const char* name : {"predictor.q_shift", "predictor.k_shift"})
      add(prefix + name, DataType::kI32, {kHeads}, 24);
    const std::map<std::string, std::uint64_t> scales{
        {"x", kWidth},       {"v", kWidth}, {"z", kWidth}, {"output", kWidth}, {"x1", kWidth}, {"increment", kWidth},
        {"softmax", kHeads}, {"q", kHeads}, {"k", kHeads}, {"hidden", kFfn},   {"y", kFfn}};
    for (const auto& [name, count] : scales) {
      add(prefix + name + ".multiplier", DataType::kI32, {count}, 2147483647);
      add(prefix + name + ".shift", DataType::kI32, {count}, 62);
    }
    add(prefix + "activation.table", DataType::kI16, {256}, -32768);
    add_norm(prefix + "norm1");
    add_norm(prefix + "norm2");
  }

  void add_input(const std::string& name, std::uint64_t tokens) {
    inputs[name] = {DataType::kI32, {tokens, kWidth}, std::vector<std::int32_t>(tokens * kWidth, -7)};
  }

  static void write(const std::filesystem::path& path, const Tensors& tensors, const platform::Metadata& metadata) {
    platform::SafetensorsWriter writer;
    for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
    for (const auto& [name, tensor] : tensors) {
      std::string data;
      for (const std::int32_t value : tensor.values) {
        data.append(reinterpret_cast<const char*>(&value), platform::size_of(tensor.type));
      }
      writer.add(name, tensor.type, tensor.shape, data.data());
    }
    writer.write(path);
  }
};

}  // namespace esact::test
