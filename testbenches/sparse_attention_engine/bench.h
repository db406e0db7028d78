#pragma once

#include "sparse_attention_engine/sparse_attention_engine.h"
#include "support/command_bench.h"
#include "support/recorder.h"

namespace esact {

/// An engine beside an SRAM, with recorders for the MAC array and the vector unit; window records go in over a port of
/// their own.
class EngineBench : public CommandBench<AttendCommand> {
 public:
  static constexpr std::uint32_t kHeadsInFlight = 4;

  explicit EngineBench(const EngineConfig& config = {}, std::uint64_t matrix_cycles = 50, const TlmConfig& tlm = {},
                       sc_core::sc_module_name name = "bench")
      : CommandBench(tlm, name),
        engine("engine", config, kHeadsInFlight, tlm, clock),
        mac_array("mac_array", clock, matrix_cycles),
        vector_unit("vector_unit", clock, 5),
        dma("dma", clock, 20),
        windows("windows", tlm, clock) {
    links.bind(engine.memory, sram.memory);
    links.bind(engine.tasks, mac_array.command);
    links.bind(engine.vector, vector_unit.command);
    links.bind(engine.dma, dma.command);
    links.bind(sender, engine.command);
    links.bind(windows, engine.windows);
  }

  /// Has the records sent one after another from the edge of `cycle` on.
  void send_windows(std::uint64_t cycle, const std::vector<WindowRecord>& records) {
    sc_core::sc_spawn([this, cycle, records] {
      Clock::wait_until(clock.cycles(cycle));
      for (const WindowRecord& record : records) windows.send(record);
    });
  }

  SparseAttentionEngine engine;
  CommandRecorder<MatrixCommand> mac_array;
  CommandRecorder<VectorCommand> vector_unit;
  CommandRecorder<DmaCommand> dma;
  InitiatorPort windows;
};

}  // namespace esact
