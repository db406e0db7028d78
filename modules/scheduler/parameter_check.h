#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/parameter_layout.h"

namespace esact {

/// Throws LayerError bad_parameters with the address of the first value that lies outside its range of docs/numerics.md
/// "Parameters of a layer". `bytes`: the part `section` of the block that `layout` describes, `block` its address in
/// system memory.
void check_parameters(const LayerShape& shape, const ParameterLayout& layout, const Section& section,
                      const std::vector<std::uint8_t>& bytes, std::uint64_t block);

}  // namespace esact
