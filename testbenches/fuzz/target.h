#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/random.h"

namespace esact::fuzz {

/// A broken promise of the project: what the fuzz test looks for.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a reader made of an input: nothing if a UserError refused it.
using Understood = std::optional<nlohmann::ordered_json>;

/// A reader of the project that gets whole inputs.
struct Target {
  std::string name;                                    ///< also its folder in the corpus
  std::function<std::string(Random&)> make;            ///< a mutated input
  std::function<Understood(const std::string&)> read;  ///< throws Failure where a promise is broken
};

/// safetensors, workload, weights, inputs, config and set: everything that esact-vp reads. Their files lie in `folder`.
std::vector<Target> loader_targets(const std::string& folder);

}  // namespace esact::fuzz
