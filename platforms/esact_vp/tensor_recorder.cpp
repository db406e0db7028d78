#include "platforms/esact_vp/tensor_recorder.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>

namespace esact::platform {
namespace {

DataType data_type(ElementType type) {
  switch (type) {
    case ElementType::kInt8:
      return DataType::kI8;
    case ElementType::kUint8:
      return DataType::kU8;
    case ElementType::kInt32:
      return DataType::kI32;
  }
  return DataType::kI8;
}

/// Columns of a whole row of a tensor; 1: a value per token.
std::uint64_t full_columns(std::string_view name, const ModelShape& model, std::uint32_t tokens) {
  if (name == "pam" || name == "mask" || name == "score" || name == "weight") return tokens;
  if (name == "representative" || name == "needed_columns" || name == "ffn_root") return 1;
  if (name == "hidden" || name == "y") return model.ffn;
  if (name == "x" || name == "x1" || name == "output" || name == "h_in" || name == "h_mid" || name == "h_out" ||
      name == "increment") {
    return model.width;
  }
  return model.head_width();
}

}  // namespace

TensorRecorder::TensorRecorder(Machine& machine, const Image& image) : image_(image) {
  machine.esact.bind_tensors(*this);
  machine.esact.completions().bind(*this);
  record_inputs();
}

/// The first layer's h_in is what the loader puts into DRAM; a later layer's is h_out of the layer before it.
void TensorRecorder::record_inputs() {
  const Workload& workload = image_.workload();
  for (std::uint32_t sequence = 0; sequence < workload.sequences.size(); ++sequence) {
    Tensor& tensor = tensors_[fmt::format("layer.0.{}.h_in", sequence)];
    tensor.type = DataType::kI32;
    tensor.shape = {workload.sequences[sequence], workload.model.width};
    const TensorView<std::int32_t> h = workload.input(sequence);
    tensor.bytes.resize(h.size() * sizeof(std::int32_t));
    std::memcpy(tensor.bytes.data(), h.bytes(), tensor.bytes.size());
  }
}

void TensorRecorder::write(const TensorRows& rows) {
  const Batch& batch = image_.batches()[completed_ / image_.layers()];
  const std::vector<std::uint32_t>& lengths = image_.workload().sequences;
  const std::size_t element = size_of(data_type(rows.type));
  std::uint32_t first = 0;
  std::size_t position = 0;
  for (std::size_t row = 0; row < rows.tokens.size(); ++row) {
    const std::uint32_t token = rows.tokens[row];
    while (token < first) first -= lengths[batch.sequences[--position]];
    while (token >= first + lengths[batch.sequences[position]]) first += lengths[batch.sequences[position++]];
    const std::uint32_t sequence = batch.sequences[position], tokens = lengths[sequence];
    Tensor& target = tensor(rows, sequence, tokens);
    const std::uint64_t columns = full_columns(rows.tensor, image_.workload().model, tokens);
    const std::uint64_t head_offset = rows.head < 0 ? 0 : std::uint64_t(rows.head) * tokens * columns;
    const std::uint64_t offset = head_offset + (token - first) * columns + rows.first_column;
    std::memcpy(target.bytes.data() + offset * element,
                static_cast<const std::uint8_t*>(rows.data) + row * rows.columns * element, rows.columns * element);
  }
}

TensorRecorder::Tensor& TensorRecorder::tensor(const TensorRows& rows, std::uint32_t sequence, std::uint32_t tokens) {
  Tensor& tensor = tensors_[fmt::format("layer.{}.{}.{}", rows.layer, sequence, rows.tensor)];
  if (!tensor.shape.empty()) return tensor;
  tensor.type = data_type(rows.type);
  const ModelShape& model = image_.workload().model;
  if (rows.head >= 0) tensor.shape.push_back(model.heads);
  tensor.shape.push_back(tokens);
  const std::uint64_t columns = full_columns(rows.tensor, model, tokens);
  const bool per_token = rows.columns == 1 && (std::string_view(rows.tensor) == "representative" ||
                                               std::string_view(rows.tensor) == "needed_columns" ||
                                               std::string_view(rows.tensor) == "ffn_root");
  if (!per_token) tensor.shape.push_back(columns);
  std::uint64_t elements = 1;
  for (std::uint64_t extent : tensor.shape) elements *= extent;
  tensor.bytes.resize(elements * size_of(tensor.type));
  return tensor;
}

void TensorRecorder::write(const Completion&) {
  const std::uint32_t layer = static_cast<std::uint32_t>(completed_ % image_.layers());
  const Batch& batch = image_.batches()[completed_ / image_.layers()];
  if (layer + 1 < image_.layers()) {
    for (std::uint32_t sequence : batch.sequences) {
      tensors_[fmt::format("layer.{}.{}.h_in", layer + 1, sequence)] =
          tensors_[fmt::format("layer.{}.{}.h_out", layer, sequence)];
    }
  }
  ++completed_;
}

void TensorRecorder::fill(SafetensorsWriter& file) const {
  for (const auto& [name, tensor] : tensors_) file.add(name, tensor.type, tensor.shape, tensor.bytes.data());
}

}  // namespace esact::platform
