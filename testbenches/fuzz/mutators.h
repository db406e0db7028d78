#pragma once

#include <string>

#include "fuzz/random.h"

namespace esact::fuzz {

/// Flips bits, overwrites, inserts, erases, repeats and moves bytes, or cuts the end off; one to four times.
std::string mutate_bytes(std::string input, Random& random);

/// Changes YAML as an author or an adversary would: values at the edges of ranges and of types, keys misspelt, lost or
/// given twice, lines moved, anchors, tags, deep nesting; sometimes bytes as well.
std::string mutate_yaml(std::string input, Random& random);

/// Changes a safetensors file: header length, entries, types, shapes, offsets, names, metadata, JSON text, data.
std::string mutate_safetensors(const std::string& input, Random& random);

/// A safetensors file with the values of one tensor replaced by numbers at the edges of their type; the header stays.
std::string mutate_values(std::string input, Random& random);

/// A random place of `text`, its end included.
std::size_t place(const std::string& text, Random& random);

/// `depth` times `open`, closed again or not.
std::string nested(const char* open, std::size_t depth, Random& random);

/// A value as a user may write it: a number at an edge, a name, nonsense.
std::string scalar(Random& random);

}  // namespace esact::fuzz
