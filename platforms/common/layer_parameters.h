#pragma once

#include <cstdint>
#include <string>

#include "platforms/common/safetensors.h"

namespace esact::platform {

/// Shape of a model and order of its layer norms (specification section 3).
struct ModelShape {
  std::string name;
  std::uint32_t layers = 0;
  std::uint32_t width = 0;  ///< D
  std::uint32_t heads = 0;  ///< H, divides width
  std::uint32_t ffn = 0;    ///< F
  bool pre_ln = false;      ///< ViT and GPT order; otherwise BERT's
  bool causal = false;
  bool final_norm = false;  ///< the last layer ends with `norm_final`

  std::uint32_t head_width() const { return width / heads; }  ///< d

  /// True if layer `index` ends with the model's final layer norm.
  bool has_final_norm(std::uint32_t index) const { return final_norm && index + 1 == layers; }
};

/// The parameters of one layer, docs/numerics.md "Parameters of a layer", by the names of that table. Shapes and ranges
/// were checked when the workload was loaded. A view of the workload's file, which must outlive it.
class LayerParameters {
 public:
  LayerParameters(const SafetensorsFile& file, std::uint32_t layer)
      : file_(file), prefix_("layer." + std::to_string(layer) + ".") {}

  /// Elements of a parameter; UserError if the layer has none of that name or it is of another type.
  template <typename T>
  TensorView<T> view(const std::string& parameter) const {
    return file_.view<T>(prefix_ + parameter);
  }

 private:
  const SafetensorsFile& file_;
  std::string prefix_;
};

/// Throws a UserError unless `file` holds exactly the parameters of every layer of `model`, each of its type, shape
/// and range: biases at most 2^30 in magnitude, multipliers and epsilons not negative, shifts 0..62 (predictor: 0..24).
void check_layer_parameters(const SafetensorsFile& file, const ModelShape& model);

}  // namespace esact::platform
