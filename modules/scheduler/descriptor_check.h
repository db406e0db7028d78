#pragma once

#include <optional>

#include "scheduler/plan.h"
#include "scheduler/task_group.h"

namespace esact {

/// Checks what a descriptor says on its own: version, flags, ranges, alignment, reserved fields, and that
/// width = heads * head_width. Throws LayerError with the code of docs/registers.md.
void check_descriptor(const Descriptor& descriptor);

/// Checks the sequence table against the descriptor: every length 1..1024, their sum `tokens`.
void check_sequences(const Descriptor& descriptor, const std::vector<std::uint32_t>& sequences);

/// The work that a checked descriptor asks for.
LayerWork layer_work(const Descriptor& descriptor, std::vector<std::uint32_t> sequences);

/// Checks that the work fits the memory it is given: parameter block, DRAM scratch, SRAM.
void check_memory(const Descriptor& descriptor, const LayerWork& work, const LayerPlan& plan, std::uint64_t sram_bytes);

}  // namespace esact
