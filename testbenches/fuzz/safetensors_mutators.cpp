#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "fuzz/mutators.h"

namespace esact::fuzz {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLengthBytes = 8;

/// A safetensors file as its parts.
struct Parts {
  std::string length, header, data;

  explicit Parts(const std::string& file) : length(file.substr(0, kLengthBytes)) {
    const std::size_t header_bytes = std::min<std::size_t>(number(), file.size() - length.size());
    header = file.substr(length.size(), header_bytes);
    data = file.substr(length.size() + header_bytes);
  }
  std::uint64_t number() const {
    std::uint64_t value = 0;
    std::memcpy(&value, length.data(), length.size());
    return value;
  }
  void set_length(std::uint64_t value) { std::memcpy(length.data(), &value, length.size()); }
  std::string file() const { return length + header + data; }
};

Json edge_number(Random& random, std::uint64_t near) {
  switch (random.below(12)) {
    case 0:
      return -1;
    case 1:
      return 1.5;
    case 2:
      return 1e300;
    case 3:
      return nullptr;
    case 4:
      return "4";
    case 5:
      return true;
    case 6:
      return random.pick({std::uint64_t{1} << 31, std::uint64_t{1} << 32, std::uint64_t{1} << 62,
                          std::uint64_t{1} << 63, UINT64_MAX, UINT64_MAX - 7});
    case 7:
      return random.number();
    case 8:
      return 0;
    case 9:
      return near + random.below(9);
    default:
      return near - std::min(near, random.below(9));
  }
}

Json edge_value(Random& random) {
  switch (random.below(7)) {
    case 0:
      return Json::object();
    case 1:
      return Json::array();
    case 2:
      return nullptr;
    case 3:
      return "text";
    case 4:
      return Json::array({0, 0, 0});
    case 5:
      return Json::object({{"dtype", "I8"}});
    default:
      return edge_number(random, 8);
  }
}

std::string odd_name(Random& random) {
  return random.pick<const char*>({"", "layer.0.bq", "__metadata__", "a\nb", "\t", "\xc3\xa4", "layer.1.bq", "h.0",
                                   "h.-1", "h.00", "../x", "%s%n", "{}"});
}

void mutate_numbers(Json& list, Random& random) {
  if (!list.is_array() || list.empty() || random.once_in(12)) {
    list = random.once_in(2) ? edge_value(random) : Json::array({edge_number(random, 4), edge_number(random, 8)});
    return;
  }
  switch (random.below(4)) {
    case 0:
      list.push_back(edge_number(random, 1));
      return;
    case 1:
      list.erase(random.below(list.size()));
      return;
    case 2:
      std::swap(list.front(), list.back());
      return;
    default:
      Json& number = list[random.below(list.size())];
      number = edge_number(random, number.is_number_unsigned() ? number.get<std::uint64_t>() : 0);
  }
}

void mutate_entry(Json& header, Random& random) {
  if (!header.is_object() || header.empty()) return;
  auto entry = header.begin();
  std::advance(entry, static_cast<std::ptrdiff_t>(random.below(header.size())));
  auto other = header.begin();
  std::advance(other, static_cast<std::ptrdiff_t>(random.below(header.size())));
  switch (random.below(10)) {
    case 0:
      entry.value() = edge_value(random);
      return;
    case 1:
      header.erase(entry.key());
      return;
    case 2:
      std::swap(entry.value(), other.value());  // also overlaps and exchanged shapes
      return;
    case 3:
      header[odd_name(random)] = entry.value();
      return;
    case 4:
      if (entry.value().is_object())
        entry.value()[random.pick({"dtype", "shape", "data_offsets", "more"})] = edge_value(random);
      return;
    case 5:
      if (entry.value().is_object() && !entry.value().empty()) entry.value().erase(entry.value().begin().key());
      return;
    case 6:
      if (entry.value().is_object()) {
        entry.value()["dtype"] = random.pick({"BOOL", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "F16", "F32",
                                              "F64", "BF16", "F8_E4M3", "i32", "", "I32 "});
      }
      return;
    case 7:
      if (entry.value().is_object()) mutate_numbers(entry.value()["shape"], random);
      return;
    default:
      if (entry.value().is_object()) mutate_numbers(entry.value()["data_offsets"], random);
  }
}

/// Damage that no JSON library would write.
void mutate_text(std::string& header, Random& random) {
  switch (random.below(8)) {
    case 0: {  // a name twice
      const std::size_t first = header.find('"');
      const std::size_t end = header.find('}');
      if (first != std::string::npos && end != std::string::npos && end > first) {
        header.insert(first, header.substr(first, end - first + 1) + ",");
      }
      return;
    }
    case 1: {  // nesting
      const std::size_t value = header.find(':', place(header, random));
      const std::size_t depth = random.once_in(50) ? 100'000 : 1 + random.below(300);
      if (value == std::string::npos) return;
      if (random.once_in(2)) header.erase(value + 1, header.find_first_of(",}", value) - value - 1);
      header.insert(value + 1, nested(random.pick({"[", "{\"a\":"}), depth, random));
      return;
    }
    case 2:
      header.append(random.below(20), random.pick({' ', '\0', '\n', '}'}));
      return;
    case 3:
      header.insert(0, 1 + random.below(3), random.pick({' ', '\n', '{', '\xef'}));
      return;
    case 4: {
      const std::size_t digit = header.find_first_of("0123456789", place(header, random));
      if (digit != std::string::npos) {
        header.insert(digit, random.pick<const char*>({"0", "-", "+", "1e", "99999999999999999999", "0x", "."}));
      }
      return;
    }
    case 5: {
      const std::size_t quote = header.find('"', place(header, random));
      if (quote != std::string::npos) {
        header.insert(quote + 1,
                      random.pick<const char*>({"\\u0000", "\\ud800", "\xff", "\xc0\x80", "\\", "\n", "\x01"}));
      }
      return;
    }
    default:
      header = mutate_bytes(header, random);
  }
}

}  // namespace

std::string mutate_safetensors(const std::string& input, Random& random) {
  Parts parts(input);
  const std::uint64_t kind = random.below(20);
  if (kind == 0) return mutate_bytes(input, random);
  if (kind == 1) {
    parts.set_length(random.once_in(2) ? parts.number() + random.below(17) - 8 : random.number());
    return parts.file();
  }
  if (kind == 2) {
    parts.data.resize(parts.data.size() + random.below(17) - std::min<std::uint64_t>(parts.data.size(), 8));
    return parts.file();
  }
  if (kind < 14) {
    Json header = Json::parse(parts.header);
    for (std::uint64_t i = 0, count = 1 + random.below(3); i < count; ++i) mutate_entry(header, random);
    parts.header = header.dump();
  } else {
    mutate_text(parts.header, random);
  }
  parts.set_length(parts.header.size());
  return parts.file();
}

std::string mutate_values(std::string input, Random& random) {
  const Parts parts(input);
  const Json header = Json::parse(parts.header);
  auto entry = header.begin();
  std::advance(entry, static_cast<std::ptrdiff_t>(random.below(header.size())));
  if (!entry.value().contains("data_offsets")) return input;
  const std::size_t begin = entry.value()["data_offsets"][0], end = entry.value()["data_offsets"][1];
  const std::size_t size = entry.value()["dtype"] == "I32" ? 4 : entry.value()["dtype"] == "I16" ? 2 : 1;
  if (begin == end) return input;
  for (std::uint64_t i = 0, count = 1 + random.below(4); i < count; ++i) {
    const std::size_t at = begin + random.below((end - begin) / size) * size;
    const std::uint64_t value =
        random.once_in(2)
            ? random.next()
            : random.pick<std::uint64_t>({0, 1, 24, 25, 62, 63, 64, 127, 128, 255, 0x7fff, 0x8000, 1u << 30,
                                          (1u << 30) + 1, 0xc0000000, 0xbfffffff, 0x7fffffff, 0x80000000, 0xffffffff});
    std::memcpy(input.data() + kLengthBytes + parts.header.size() + at, &value, size);
  }
  return input;
}

}  // namespace esact::fuzz
