#pragma once

#include <cstdint>
#include <vector>

#include "esact_interface/descriptor.h"
#include "fuzz/random.h"

namespace esact::fuzz {

/// Where the parts of a case lie in DRAM, far enough from each other for every shape that is run.
struct CaseAddresses {
  std::uint64_t table, input_h, output_h, parameters, scratch;
  std::uint64_t scratch_bytes;
};

/// A layer that is small, valid and otherwise as odd as the ranges of the specification allow.
struct LayerCase {
  Descriptor descriptor;
  std::vector<std::uint32_t> sequences;
  std::vector<std::uint8_t> parameters;  ///< the block; every value in its range
  std::vector<std::int32_t> h;
};

LayerCase make_case(const CaseAddresses& addresses, Random& random);

}  // namespace esact::fuzz
