#pragma once

#include <cstddef>
#include <cstdint>

namespace esact::kernels {

/// Parameters of one layer norm: `gamma` and `beta` per channel, `shift` 0..62, `epsilon` >= 0 in units of `h` squared.
struct LayerNormParameters {
  const std::int32_t* gamma;
  const std::int32_t* beta;
  unsigned shift;
  std::int32_t epsilon;
};

/// Layer norm of one row of `width` (1..1024) values; exact for any int32 input. Returns false if a result does not fit
/// int32; `out` is then of no use. `out` may be `row`. Docs: docs/numerics.md, "Layer norm".
[[nodiscard]] bool layer_norm(const std::int32_t* row, std::size_t width, const LayerNormParameters& parameters,
                              std::int32_t* out);

}  // namespace esact::kernels
