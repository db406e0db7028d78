#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "platforms/common/error.h"
#include "platforms/common/scalar.h"

namespace esact::platform {

/// One parameter the user may set: what it is called, what it may be and which field of `Target` it is.
template <typename Target>
struct Parameter {
  std::string key;          ///< dotted
  std::string unit;         ///< empty for names and plain counts
  std::string expected;     ///< allowed values
  std::string description;  ///< one sentence without a full stop

  /// Sets the field from text; UserError naming source, key, value and `expected`.
  std::function<void(Target&, const std::string& source, const std::string& text)> set;

  /// Value of the field.
  std::function<nlohmann::json(const Target&)> get;
};

/// Access to a field of `Target`: a function without captures.
template <typename Target, typename Field>
using FieldOf = Field& (*)(Target&);

/// A whole number in `range`.
template <typename Target, typename Field>
Parameter<Target> integer_parameter(std::string key, std::string unit, FieldOf<Target, Field> field, IntegerRange range,
                                    std::string description) {
  const auto set = [key, field, range](Target& target, const std::string& source, const std::string& text) {
    field(target) = static_cast<Field>(parse_integer(source, key, text, range));
  };
  const auto get = [field](Target target) { return nlohmann::json(std::uint64_t{field(target)}); };
  return {key, std::move(unit), range.expected(), std::move(description), set, get};
}

/// A decimal number.
template <typename Target>
Parameter<Target> number_parameter(std::string key, std::string unit, FieldOf<Target, double> field, double least,
                                   double most, std::string description) {
  const auto set = [key, field, least, most](Target& target, const std::string& source, const std::string& text) {
    field(target) = parse_number(source, key, text, least, most);
  };
  const auto get = [field](Target target) { return nlohmann::json(field(target)); };
  return {key, std::move(unit), fmt::format("a number {}..{}", least, most), std::move(description), set, get};
}

/// One of several names, each with the value it stands for.
template <typename Target, typename Field>
Parameter<Target> name_parameter(std::string key, FieldOf<Target, Field> field,
                                 std::vector<std::pair<std::string, Field>> choices, std::string description) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) names.push_back(name);
  const auto set = [key, field, choices, names](Target& target, const std::string& source, const std::string& text) {
    field(target) = choices[parse_name(source, key, text, names)].second;
  };
  const auto get = [field, choices](Target target) {
    const auto chosen = std::find_if(choices.begin(), choices.end(),
                                     [&](const auto& choice) { return choice.second == field(target); });
    return nlohmann::json(chosen->first);
  };
  return {key, "", alternatives(names), std::move(description), set, get};
}

/// `true` or `false`.
template <typename Target>
Parameter<Target> boolean_parameter(std::string key, FieldOf<Target, bool> field, std::string description) {
  const auto set = [key, field](Target& target, const std::string& source, const std::string& text) {
    field(target) = parse_boolean(source, key, text);
  };
  const auto get = [field](Target target) { return nlohmann::json(field(target)); };
  return {key, "", "true or false", std::move(description), set, get};
}

/// The parameter of a key; UserError with the nearest key if there is none.
template <typename Target>
const Parameter<Target>& find_parameter(const std::vector<Parameter<Target>>& parameters, const std::string& source,
                                        const std::string& key) {
  std::vector<std::string> keys;
  for (const Parameter<Target>& parameter : parameters) {
    if (parameter.key == key) return parameter;
    keys.push_back(parameter.key);
  }
  throw unknown_key(source, key, keys);
}

}  // namespace esact::platform
