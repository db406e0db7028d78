#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "platforms/common/layer_parameters.h"
#include "platforms/common/safetensors.h"
#include "platforms/common/spls_settings.h"

namespace esact::platform {

/// A workload folder in memory, all of it checked: model, knobs, sequences, weights and inputs (docs/workload.md).
struct Workload {
  std::filesystem::path folder;
  ModelShape model;
  std::vector<SplsSettings> spls;        ///< one a layer, overrides applied
  std::vector<std::uint32_t> sequences;  ///< tokens of each sequence
  SafetensorsFile weights;
  SafetensorsFile inputs;
  std::string h_scale;  ///< scale of h as the inputs file spells it, for the outputs file

  /// Parameters of a layer.
  LayerParameters layer(std::uint32_t index) const { return LayerParameters(weights, index); }

  /// Input h of a sequence, int32 [sequences[sequence], width].
  TensorView<std::int32_t> input(std::size_t sequence) const {
    return inputs.view<std::int32_t>("h." + std::to_string(sequence));
  }
};

/// Loads `folder`; `overrides` hold for all layers. UserError naming file, key, value and what is allowed.
Workload load_workload(const std::filesystem::path& folder, const std::vector<SplsOverride>& overrides = {});

}  // namespace esact::platform
