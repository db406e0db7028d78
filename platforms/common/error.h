#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace esact::platform {

/// Bad input of the user: a file, a key or a value. The message is one line that names where it stands, what was found
/// and what is allowed; the program prints it and exits with code 1. Control characters are escaped.
class UserError : public std::runtime_error {
 public:
  /// "`source`: `problem`". `source` is a file or `--set`.
  UserError(std::string_view source, std::string_view problem);

  /// "`source`: `key`: `problem`". `key` is a dotted key, a tensor or a header field.
  UserError(std::string_view source, std::string_view key, std::string_view problem);
};

/// "`source`: `key`: `value`, expected `expected`".
UserError bad_value(std::string_view source, std::string_view key, std::string_view value, std::string_view expected);

/// "`source`: `key`: unknown key, did you mean `nearest`?", the nearest of `known` by edit distance.
UserError unknown_key(std::string_view source, std::string_view key, const std::vector<std::string>& known);

/// The entry of `known` with the smallest edit distance to `text`, the first of several; empty if there is none.
std::string nearest(std::string_view text, const std::vector<std::string>& known);

/// `text` in quotation marks, control characters escaped, cut after 60 characters: fit for a message whatever it is.
std::string quotation(std::string_view text);

}  // namespace esact::platform
