#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/commands.h"
#include "platforms/common/parameter.h"

namespace esact::platform {

/// SPLS of one layer as the user spells it: the keys `spls.*` (specification sections 3 and 6).
struct SplsSettings {
  enum class Quantizer : std::uint8_t { kHlog, kPowerOfTwo, kLeadingOne, kExact };

  bool enabled = true;
  std::uint16_t k_q8 = 51;   ///< Q8 share of columns kept
  std::uint16_t s_q8 = 128;  ///< Q8 similarity threshold
  std::uint16_t f_q8 = 128;  ///< Q8 share of heads that must agree; 257: FFN reuse off
  std::uint16_t window = 8;
  Quantizer quantizer = Quantizer::kHlog;
  bool ties_down = false;  ///< concerns hlog only
  bool offset_kth = false;
  bool hamming = false;

  /// The same as the descriptor carries it.
  SplsKnobs knobs() const;
};

/// A setting `spls.*` of the command line or a configuration file, which holds for all layers.
struct SplsOverride {
  std::string key;    ///< with the prefix "spls."
  std::string value;  ///< already checked
  std::string source;
};

/// The keys `spls.*`.
const std::vector<Parameter<SplsSettings>>& spls_parameters();

}  // namespace esact::platform
