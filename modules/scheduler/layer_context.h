#pragma once

#include <vector>

#include "esact_interface/tensor_tap.h"
#include "scheduler/plan.h"
#include "scheduler/sram_space.h"
#include "scheduler/task_group.h"

namespace esact {

/// What a layer needs of the accelerator: the scheduler's sockets by the block they lead to.
struct LayerPorts {
  TaskPool& tasks;
  SramSpace& space;
  InitiatorPort& memory;
  InitiatorPort& dma;
  InitiatorPort& spls_predictor;
  InitiatorPort& sparse_attention_engine;
  InitiatorPort& windows;
  InitiatorPort& ffn_array;
  InitiatorPort& vector_unit;
  TensorPort& tensors;
};

/// One layer over one batch while its descriptor runs: what it is, how it uses the SRAM, and what its phases hand on.
struct LayerContext {
  LayerContext(const LayerPorts& ports, const EsactConfig& config, const Descriptor& descriptor, LayerWork work,
               LayerPlan plan);

  LayerPorts ports;
  const EsactConfig& config;
  const Descriptor& descriptor;
  const LayerWork work;
  const LayerPlan plan;
  const ParameterLayout layout;
  const ScratchLayout scratch;                    ///< DRAM addresses
  const std::vector<std::uint32_t> first_tokens;  ///< of each sequence

  LayerScalars scalars;                      ///< known from the input phase on
  std::vector<std::uint64_t> critical_rows;  ///< per head, summed over the sequences; known after the attention phase
  SramBuffer z;                              ///< int8 [H][tokens, d] where it is resident
  SramBuffer x1;                             ///< int8 [tokens, D] where it is resident

  const LayerShape& shape() const { return work.shape; }

  /// Move bytes between DRAM and SRAM; throw LayerError where the system answers with an error.
  void load(std::uint64_t system_address, std::uint64_t sram_address, std::uint64_t bytes) const;
  void store(std::uint64_t sram_address, std::uint64_t system_address, std::uint64_t bytes) const;

  /// Loads `bytes` bytes for each head, from addresses `system_stride` apart to a compact array in SRAM.
  void load_heads(std::uint64_t system_address, std::uint64_t system_stride, std::uint64_t sram_address,
                  std::uint64_t bytes) const;

  /// Load from scratch memory how far before each of `rows` rows the row lies whose result it takes, for every head or
  /// for the FFN. Throw LayerError where others have written there and a distance leads out of the rows' windows of
  /// `window` rows, the first of which begins at `first_token`, or out of the rows. To check takes no time.
  void load_representatives(std::uint64_t first_token, std::uint64_t rows, std::uint64_t window,
                            std::uint64_t sram_address) const;
  void load_roots(std::uint64_t first_token, std::uint64_t rows, std::uint64_t sram_address) const;

  /// A section of the parameter block, in an SRAM buffer of its own. Its values are checked as they pass, which takes
  /// no time; throws LayerError where one is out of range.
  SramBuffer load_parameters(const Section& section) const;

  /// Lets the vector unit work; throws LayerError where a value leaves int32.
  void vector(const VectorCommand& command) const;

  WorkId work_id(std::uint32_t sequence = 0, std::uint32_t head = 0, std::uint32_t window = 0) const;

 private:
  void move(DmaDirection direction, std::uint64_t system_address, std::uint64_t sram_address,
            std::uint64_t bytes) const;
  void check_distances(std::uint64_t scratch_address, std::uint64_t sram_address, std::uint64_t rows,
                       std::uint64_t window) const;
};

}  // namespace esact
