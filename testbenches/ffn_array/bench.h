#pragma once

#include "ffn_array/ffn_array.h"
#include "support/command_bench.h"
#include "support/recorder.h"

namespace esact {

/// An FFN array beside an SRAM, with recorders for the MAC array and the vector unit.
class FfnArrayBench : public CommandBench<FfnCommand> {
 public:
  explicit FfnArrayBench(const FfnArrayConfig& config = {}, const TlmConfig& tlm = {},
                         sc_core::sc_module_name name = "bench")
      : CommandBench(tlm, name),
        array("ffn_array", config, tlm, clock),
        mac_array("mac_array", clock, 100),
        vector_unit("vector_unit", clock, 10) {
    links.bind(array.memory, sram.memory);
    links.bind(array.tasks, mac_array.command);
    links.bind(array.vector, vector_unit.command);
    links.bind(sender, array.command);
  }

  FfnArray array;
  CommandRecorder<MatrixCommand> mac_array;
  CommandRecorder<VectorCommand> vector_unit;
};

}  // namespace esact
