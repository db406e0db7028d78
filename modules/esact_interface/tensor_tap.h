#pragma once

#include <cstdint>
#include <tlm>
#include <vector>

namespace esact {

/// Element type of a published tensor.
enum class ElementType : std::uint8_t { kInt8, kUint8, kInt32 };

/// Some rows of a tensor of docs/numerics.md as a block computed them. The data lives only during the call.
struct TensorRows {
  const char* tensor = "";  ///< name in docs/numerics.md
  ElementType type = ElementType::kInt8;
  std::uint32_t layer = 0;
  std::int32_t head = -1;             ///< -1: the tensor has no head dimension
  std::vector<std::uint32_t> tokens;  ///< index in the batch of each row
  std::uint32_t first_column = 0;     ///< column of the tensor where the rows' first element belongs
  std::uint32_t columns = 0;          ///< elements of one row; 1 for per-token values
  const void* data = nullptr;         ///< [tokens.size(), columns], row-major
};

/// Where blocks publish tensors: unbound by default, without any effect on simulated time.
using TensorTap = tlm::tlm_analysis_port<TensorRows>;

/// True if somebody listens, so that a block may skip gathering what nobody reads.
class TensorPort : public TensorTap {
 public:
  using TensorTap::TensorTap;
  void bind(tlm::tlm_analysis_if<TensorRows>& listener) override {
    TensorTap::bind(listener);
    bound_ = true;
  }
  bool bound() const { return bound_; }

 private:
  bool bound_ = false;
};

}  // namespace esact
