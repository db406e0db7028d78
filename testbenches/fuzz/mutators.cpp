#include "fuzz/mutators.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <vector>

namespace esact::fuzz {
namespace {

void mutate_once(std::string& bytes, Random& random) {
  const std::size_t at = place(bytes, random);
  const std::size_t length = std::min<std::size_t>(bytes.size() - at, 1 + random.below(16));
  switch (random.below(7)) {
    case 0:
      if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.below(8));
      return;
    case 1:
      for (std::size_t i = 0; i < length; ++i) bytes[at + i] = static_cast<char>(random.next());
      return;
    case 2:
      bytes.insert(at, 1 + random.below(8), static_cast<char>(random.next()));
      return;
    case 3:
      bytes.erase(at, length);
      return;
    case 4:
      bytes.insert(place(bytes, random), bytes.substr(at, length));
      return;
    case 5:
      std::rotate(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  bytes.begin() + static_cast<std::ptrdiff_t>(at + length), bytes.end());
      return;
    default:
      bytes.resize(random.once_in(4) ? random.below(10) : at);
  }
}

/// Splits into runs of letters, digits, '_', '.' and '-', and single other characters.
std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> tokens;
  bool in_word = false;
  for (const char character : text) {
    const bool word = std::isalnum(static_cast<unsigned char>(character)) != 0 || std::strchr("_.-", character);
    if (word && in_word) {
      tokens.back() += character;
    } else {
      tokens.emplace_back(1, character);
    }
    in_word = word && character != '\0';
  }
  return tokens;
}

bool is_word(const std::string& token) {
  return std::isalnum(static_cast<unsigned char>(token[0])) != 0 || token[0] == '-';
}

std::string joined(const std::vector<std::string>& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text;
}

/// What a YAML reader treats in a way of its own.
std::string special(Random& random) {
  if (random.once_in(40)) return nested(random.pick({"[", "{a: "}), 1 + random.below(3000), random);
  return random.pick<const char*>(
      {"&a ",      "*a",      "&a [*a]",  "!!int ",      "!!str ", "!!binary ",   "<<: *a", "? ",     ": ",
       "- ",       "---\n",   "...\n",    "%YAML 1.2\n", "|\n  x", ">-\n  x",     "#",      "\t",     "\r\n",
       "\n\n",     "\"",      "'",        "{",           "}",      "[",           "]",      ",",      "\xef\xbb\xbf",
       "\xff\xfe", "\\u0000", "\xc3\x28", "@",           "`",      "{{a: 1}: 2}", "[1, 2]", "{a: 1}", "{a: 1, a: 2}"});
}

void mutate_yaml_once(std::string& text, Random& random) {
  std::vector<std::string> tokens = tokens_of(text);
  if (tokens.empty()) {
    text = special(random);
    return;
  }
  const auto at = tokens.begin() + static_cast<std::ptrdiff_t>(random.below(tokens.size()));
  const auto word = std::find_if(at, tokens.end(), is_word);
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      if (word != tokens.end()) *word = scalar(random);
      break;
    case 3:
      if (word != tokens.end()) *word = *std::find_if(tokens.begin(), tokens.end(), is_word);
      break;
    case 4:
      tokens.insert(at, special(random));
      break;
    case 5:
      tokens.erase(at, at + static_cast<std::ptrdiff_t>(std::min<std::size_t>(tokens.end() - at, 1 + random.below(4))));
      break;
    case 6: {
      const std::vector<std::string> copy(
          at, at + static_cast<std::ptrdiff_t>(std::min<std::size_t>(tokens.end() - at, 1 + random.below(12))));
      tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(random.below(tokens.size())), copy.begin(),
                    copy.end());
      break;
    }
    default:
      if (word != tokens.end()) {
        std::string misspelt = *word;
        mutate_once(misspelt, random);
        *word = misspelt;
      }
  }
  text = joined(tokens);
}

}  // namespace

std::size_t place(const std::string& text, Random& random) {
  return random.below(text.size() + 1);
}

std::string nested(const char* open, std::size_t depth, Random& random) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  if (random.once_in(2)) {
    for (std::size_t i = 0; i < depth; ++i) text += open[0] == '[' ? ']' : '}';
  }
  return text;
}

std::string mutate_bytes(std::string input, Random& random) {
  for (std::uint64_t i = 0, count = 1 + random.below(4); i < count; ++i) mutate_once(input, random);
  return input;
}

std::string scalar(Random& random) {
  if (random.once_in(3)) return std::to_string(random.number(random.pick({4u, 8u, 12u, 64u})));
  if (random.once_in(60)) return std::string(1 + random.below(100'000), random.pick({'9', 'x', ' ', '['}));
  return random.pick<const char*>({"0",
                                   "1",
                                   "2",
                                   "-1",
                                   "+1",
                                   "4",
                                   "8",
                                   "64",
                                   "65",
                                   "128",
                                   "255",
                                   "256",
                                   "257",
                                   "1024",
                                   "1025",
                                   "4096",
                                   "65535",
                                   "65536",
                                   "4294967295",
                                   "4294967296",
                                   "18446744073709551615",
                                   "18446744073709551616",
                                   "1e3",
                                   "1.0",
                                   "0x10",
                                   "010",
                                   "1_000",
                                   "1:30",
                                   "0b1",
                                   "0o7",
                                   " 1",
                                   "1 ",
                                   "''",
                                   "\"8\"",
                                   "null",
                                   "~",
                                   "true",
                                   "True",
                                   "TRUE",
                                   "yes",
                                   "on",
                                   "false",
                                   "off",
                                   ".inf",
                                   ".nan",
                                   "nan",
                                   "inf",
                                   "-0",
                                   "1e400",
                                   "5e-324",
                                   "post",
                                   "pre",
                                   "hlog",
                                   "pot",
                                   "exact",
                                   "up",
                                   "down",
                                   "l1",
                                   "simple",
                                   "ddr4",
                                   "paged",
                                   "contiguous",
                                   "loose",
                                   "approximate",
                                   "static",
                                   "dynamic",
                                   "spls",
                                   "enabled",
                                   "k_q8",
                                   "h.safetensors",
                                   "/",
                                   "..",
                                   "/dev/null",
                                   "/dev/zero",
                                   "\xf0\x9f\x99\x82",
                                   "2001-01-01",
                                   "[]",
                                   "{}"});
}

std::string mutate_yaml(std::string input, Random& random) {
  for (std::uint64_t i = 0, count = random.once_in(2) ? 1 : 1 + random.below(3); i < count; ++i) {
    mutate_yaml_once(input, random);
  }
  return random.once_in(10) ? mutate_bytes(input, random) : input;
}

}  // namespace esact::fuzz
