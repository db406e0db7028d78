#pragma once

#include <cstdint>

namespace esact {

/// Style of every TLM transaction inside the accelerator (`tlm.mode`).
enum class TlmMode : std::uint8_t {
  kLoose,       ///< one blocking transaction per operand
  kApproximate  ///< bursts of `burst_bytes`, four phases, `outstanding` in flight
};

/// Ports (`tlm.*`). Values never depend on any of these.
struct TlmConfig {
  TlmMode mode = TlmMode::kLoose;
  std::uint32_t burst_bytes = 256;   ///< approximate mode: bytes of one burst
  std::uint32_t outstanding = 4;     ///< approximate mode: bursts of one operand in flight
  bool check = true;                 ///< a protocol checker on every link
  std::uint32_t stall_permille = 0;  ///< share of transactions delayed by a stall injector on every socket; 0: none
  std::uint32_t stall_cycles = 20;   ///< longest injected stall, core cycles
  std::uint32_t stall_seed = 1;      ///< seed of the injected stalls
};

/// How SRAM buffers get their pages (`sram.allocation`).
enum class SramAllocation : std::uint8_t {
  kPaged,      ///< any free 4 KiB pages
  kContiguous  ///< the first run of free pages that is long enough
};

/// On-chip memory (`sram.*`).
struct SramConfig {
  std::uint64_t bytes = 1 << 20;
  std::uint32_t banks = 32;
  std::uint32_t bank_bytes = 16;     ///< bytes of one access of one bank
  std::uint32_t latency_cycles = 2;  ///< from the last access to the response
  SramAllocation allocation = SramAllocation::kPaged;
};

/// Data mover (`dma.*`).
struct DmaConfig {
  std::uint32_t burst_bytes = 4096;  ///< largest transaction on the system socket
  std::uint32_t outstanding = 4;     ///< transactions in flight
  std::uint32_t port_bytes = 64;     ///< bytes per cycle between DMA and SRAM
  std::uint32_t queue_depth = 16;
};

/// Which group may take an attention task (`mac_array.allocation`).
enum class Allocation : std::uint8_t {
  kDynamic,  ///< any free group takes the next ready task [paper: dynamic allocation]
  kStatic    ///< attention tasks of head h run on group h mod groups
};

/// The only multipliers (`mac_array.*`).
struct MacArrayConfig {
  std::uint32_t lines = 16;           ///< lines of 64 int8 MACs
  std::uint32_t groups = 4;           ///< divides lines
  std::uint32_t port_bytes = 128;     ///< bytes per cycle between one group and the SRAM
  std::uint32_t pipeline_cycles = 8;  ///< fill and drain, paid when a group starts after being idle
  std::uint32_t queue_depth = 16;
  Allocation allocation = Allocation::kDynamic;
};

/// Softmax, activation, requantisation, residual, layer norm (`vector_unit.*`).
struct VectorUnitConfig {
  std::uint32_t lanes = 64;            ///< elements per cycle and pass
  std::uint32_t pipeline_cycles = 12;  ///< latency of one command
  std::uint32_t port_bytes = 256;      ///< bytes per cycle between the unit and the SRAM
  std::uint32_t queue_depth = 16;
};

/// SPLS predictor (`predictor.*`).
struct PredictorConfig {
  std::uint32_t products_per_cycle = 2048;  ///< add-only products, each with two shift-adders
  std::uint32_t select_lanes = 64;          ///< compares or similarity additions per cycle
  std::uint32_t pipeline_cycles = 8;
  std::uint32_t port_bytes = 128;  ///< bytes per cycle on the operand path
  std::uint32_t queue_depth = 2;
  bool progressive =
      true;  ///< window records stream [paper: progressive generation]; false: held until the head's last window
};

/// Sparse attention engine (`engine.*`).
struct EngineConfig {
  std::uint32_t windows_in_flight = 6;  ///< workers: row groups being generated or attended at a time
  std::uint32_t queue_depth = 8;        ///< window records waiting
  std::uint32_t port_bytes = 64;        ///< bytes per cycle between the engine and the SRAM
};

/// Output projection and FFN (`ffn_array.*`, `projection.*`).
enum class ProjectionReuse : std::uint8_t { kAuto, kAlways, kNever };
struct FfnArrayConfig {
  std::uint32_t tiles_in_flight = 3;  ///< workers: tiles being multiplied or activated at a time
  std::uint32_t port_bytes = 64;      ///< bytes per cycle between the array and the SRAM
  ProjectionReuse projection_reuse = ProjectionReuse::kAuto;
};

/// Order of operations (`scheduler.*`).
struct SchedulerConfig {
  std::uint32_t ring_fetch_cycles = 4;  ///< decode of one descriptor
  std::uint32_t heads_in_flight = 4;    ///< heads whose buffers may be reserved at a time
};

/// Every parameter of one accelerator. A plain struct: nothing is read from files and nothing is global, so
/// instances of any configurations share a simulation.
struct EsactConfig {
  std::uint32_t clock_ps = 2000;  ///< core clock period (500 MHz)
  TlmConfig tlm;
  SramConfig sram;
  DmaConfig dma;
  MacArrayConfig mac_array;
  VectorUnitConfig vector_unit;
  PredictorConfig predictor;
  EngineConfig engine;
  FfnArrayConfig ffn_array;
  SchedulerConfig scheduler;
};

}  // namespace esact
