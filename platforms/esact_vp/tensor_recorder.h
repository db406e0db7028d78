#pragma once

#include <map>
#include <string>
#include <vector>

#include "esact_interface/tensor_tap.h"
#include "platforms/common/safetensors.h"
#include "platforms/esact_vp/image.h"
#include "platforms/esact_vp/machine.h"

namespace esact::platform {

/// Assembles the tensors that the blocks publish, in full shape and under the names of docs/numerics.md; rows that no
/// block computes stay zero.
class TensorRecorder : public tlm::tlm_analysis_if<TensorRows>, public tlm::tlm_analysis_if<Completion> {
 public:
  /// Binds itself to every block of the machine; before the simulation starts.
  TensorRecorder(Machine& machine, const Image& image);

  void write(const TensorRows& rows) override;
  void write(const Completion& completion) override;

  /// Adds everything recorded so far to `file`.
  void fill(SafetensorsWriter& file) const;

 private:
  struct Tensor {
    DataType type = DataType::kI8;
    Shape shape;
    std::vector<std::uint8_t> bytes;
  };

  Tensor& tensor(const TensorRows& rows, std::uint32_t sequence, std::uint32_t tokens);
  void record_inputs();

  const Image& image_;
  std::size_t completed_ = 0;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace esact::platform
