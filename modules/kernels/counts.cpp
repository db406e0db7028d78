#include "kernels/counts.h"

namespace esact::kernels {

std::uint64_t valid_columns(std::uint64_t length, bool causal) {
  return causal ? length * (length + 1) / 2 : length * length;
}

std::uint64_t predictor_products(std::uint64_t length, std::uint64_t width, bool causal) {
  return 2 * length * width * width + width * valid_columns(length, causal);
}

std::array<std::uint64_t, 7> dense_macs(std::uint64_t length, std::uint64_t width, std::uint64_t ffn_width,
                                        bool causal) {
  const std::uint64_t projection = length * width * width;
  const std::uint64_t attention = width * valid_columns(length, causal);
  return {projection, projection, projection, attention, attention, projection, 2 * length * width * ffn_width};
}

}  // namespace esact::kernels
