#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fuzz/mutators.h"
#include "fuzz/target.h"
#include "platforms/common/configuration.h"
#include "platforms/common/error.h"
#include "platforms/common/workload.h"
#include "platforms/esact_vp/image.h"
#include "platforms/esact_vp/memory_map.h"
#include "platforms/small_workload.h"

namespace esact::fuzz {
namespace {

namespace fs = std::filesystem;
using platform::DataType;
using platform::PlatformConfig;
using platform::SafetensorsFile;

constexpr std::size_t kLongestMessage = 5000;
constexpr const char* kConfig =
    "mac_array: {lines: 16, groups: 4, allocation: dynamic, port_bytes: 64}\n"
    "projection: {reuse: auto}\n"
    "predictor: {products_per_cycle: 2048, progressive: true}\n"
    "sram: {bytes: 1048576, banks: 32, bank_bytes: 16, allocation: paged}\n"
    "dram: {preset: simple, bytes: 1073741824, latency_ns: 50.5, bandwidth_gbps: 19.2}\n"
    "tlm: {mode: loose, burst_bytes: 256, outstanding: 8, stall_permille: 0}\n"
    "spls: {enabled: true, k_q8: 51, s_q8: 128, f_q8: 128, window: 8, quantizer: hlog, ties: up}\n";

void write_file(const fs::path& path, const std::string& content) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
}

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// One line, printable, not endless, that starts with where the mistake is: in `source`, or in a file that it names.
void check_message(const std::string& message, const std::string& source) {
  const bool printable = std::none_of(message.begin(), message.end(), [](char character) {
    return static_cast<unsigned char>(character) < 0x20 || character == 0x7f;
  });
  if (!printable) throw Failure("control characters in the message: " + message);
  if (message.size() > kLongestMessage) throw Failure("a message of " + std::to_string(message.size()) + " bytes");
  if (message.rfind(source, 0) != 0 && message.rfind('/', 0) != 0)
    throw Failure("no source in the message: " + message);
}

/// Runs `read`; nothing if it ended in a UserError, which is checked.
template <typename Read>
Understood understood(const std::string& source, Read read) {
  try {
    return read();
  } catch (const platform::UserError& error) {
    check_message(error.what(), source);
    return std::nullopt;
  } catch (const Failure&) {
    throw;
  } catch (const std::exception& error) {
    throw Failure(std::string("not a UserError: ") + error.what());
  }
}

/// Type, shape and sum of bytes of every tensor. Every byte that the header promises is there.
nlohmann::ordered_json describe(const SafetensorsFile& file, std::size_t bytes) {
  nlohmann::ordered_json tensors = nlohmann::ordered_json::object();
  std::uint64_t promised = 0;
  for (const auto& [name, info] : file.tensors()) {
    std::uint64_t elements = 1, sum = 0;
    for (const std::uint64_t dimension : info.shape) elements *= dimension;
    if (elements * size_of(info.type) != info.bytes) throw Failure("shape and bytes disagree: " + name);
    for (std::uint64_t i = 0; i < info.bytes; ++i) sum += std::to_integer<unsigned>(file.bytes(info)[i]);
    tensors[name] = {platform::name(info.type), info.shape, sum};
    promised += info.bytes;
  }
  if (promised > bytes) throw Failure("more bytes promised than there are");
  return tensors;
}

nlohmann::ordered_json describe(const platform::Workload& workload) {
  const platform::ModelShape& model = workload.model;
  nlohmann::ordered_json spls;
  for (const auto& parameter : platform::spls_parameters()) {
    for (const platform::SplsSettings& layer : workload.spls) spls[parameter.key].emplace_back(parameter.get(layer));
  }
  return {{"model", {model.layers, model.width, model.heads, model.ffn, model.pre_ln, model.causal, model.final_norm}},
          {"spls", spls},
          {"sequences", workload.sequences},
          {"h_scale", std::stod(workload.h_scale)}};
}

/// A workload that was taken can be laid out and written to DRAM, inside the addresses that the layout claims.
void check_image(const platform::Workload& workload, const PlatformConfig& config, std::uint32_t batch) {
  const platform::Image image(workload, config, batch);
  image.load([&](std::uint64_t address, const void* data, std::uint64_t bytes) {
    if (address < platform::kDramBase || address + bytes > image.data_end() || (bytes > 0 && data == nullptr)) {
      throw Failure("the image leaves its place");
    }
  });
}

/// The settings of a layer.
platform::SplsSettings knobs(const PlatformConfig& config) {
  platform::SplsSettings settings;
  for (const platform::SplsOverride& setting : config.spls) {
    find_parameter(platform::spls_parameters(), setting.source, setting.key)
        .set(settings, setting.source, setting.value);
  }
  return settings;
}

/// Every value. Written as the user would, they are understood as the same.
nlohmann::ordered_json describe(const PlatformConfig& config) {
  std::vector<std::string> sets;
  for (const auto& parameter : platform::platform_parameters()) {
    const nlohmann::json value = parameter.get(config);
    sets.push_back(parameter.key + "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
  for (const platform::SplsOverride& setting : config.spls) sets.push_back(setting.key + "=" + setting.value);
  const PlatformConfig again = platform::load_configuration(std::nullopt, sets);
  auto values = effective(config, {knobs(config)});
  if (effective(again, {knobs(again)}) != values) throw Failure("values change when they are given again");
  return values;
}

/// A file with every type, an empty tensor and metadata.
std::string typed_file(const fs::path& path) {
  platform::SafetensorsWriter writer;
  writer.set_metadata("h_scale", "0.5");
  writer.set_metadata("more", "text");
  const std::vector<std::uint64_t> zeros(3);
  for (const DataType type : {DataType::kBool, DataType::kI8, DataType::kU8, DataType::kI16, DataType::kI32,
                              DataType::kI64, DataType::kF32}) {
    writer.add(std::string("t.") + name(type), type, {3}, zeros.data());
  }
  writer.add("empty", DataType::kI32, {0, 4}, zeros.data());
  writer.add("scalar", DataType::kI8, {}, zeros.data());
  writer.write(path);
  return read_file(path);
}

Target safetensors_target(const fs::path& folder) {
  const std::string base = typed_file(folder / "types.safetensors");
  return {"safetensors", [base](Random& random) { return mutate_safetensors(base, random); },
          [](const std::string& input) {
            const auto* first = reinterpret_cast<const std::byte*>(input.data());
            return understood("input: ", [&] {
              return describe(SafetensorsFile::parse({first, first + input.size()}, "input"), input.size());
            });
          }};
}

/// A folder of which one file is replaced by the input.
Target file_target(const std::string& name, const fs::path& folder, const std::string& file,
                   const std::function<std::string(const std::string&, Random&)>& mutate) {
  test::SmallWorkload().write(folder);
  const std::string base = read_file(folder / file);
  return {name, [base, mutate](Random& random) { return mutate(base, random); },
          [folder, file](const std::string& input) {
            write_file(folder / file, input);
            const std::uint32_t batch = 1 + static_cast<std::uint32_t>(input.size() % 3);
            return understood(folder.string(), [&] {
              const platform::Workload workload = platform::load_workload(folder);
              check_image(workload, {}, batch);
              return describe(workload);
            });
          }};
}

std::string mutate_tensors(const std::string& base, Random& random) {
  return random.once_in(2) ? mutate_safetensors(base, random) : mutate_values(base, random);
}

Target config_target(const fs::path& folder) {
  const fs::path path = folder / "config.yaml";
  return {"config", [](Random& random) { return mutate_yaml(kConfig, random); },
          [path](const std::string& input) {
            write_file(path, input);
            return understood(path.string(), [&] { return describe(platform::load_configuration(path, {})); });
          }};
}

/// One to three settings, a line each.
std::string make_sets(Random& random) {
  std::string text;
  for (std::uint64_t i = 0, count = random.once_in(2) ? 1 : 1 + random.below(3); i < count; ++i) {
    const auto& platform = platform::platform_parameters();
    const auto& spls = platform::spls_parameters();
    const std::size_t index = random.below(platform.size() + spls.size());
    std::string setting =
        (index < spls.size() ? spls[index].key : platform[index - spls.size()].key) + "=" + scalar(random);
    if (random.once_in(4)) setting = mutate_bytes(setting, random);
    text += (i == 0 ? "" : "\n") + setting;
  }
  return text;
}

Target set_target() {
  return {"set", make_sets, [](const std::string& input) {
            std::vector<std::string> sets;
            std::istringstream lines(input);
            for (std::string line; std::getline(lines, line);) sets.push_back(line);
            return understood("--set: ", [&] { return describe(platform::load_configuration(std::nullopt, sets)); });
          }};
}

}  // namespace

std::vector<Target> loader_targets(const std::string& folder) {
  const fs::path root(folder);
  const auto yaml = [](const std::string& base, Random& random) { return mutate_yaml(base, random); };
  return {safetensors_target(root),
          file_target("workload", root / "workload", "workload.yaml", yaml),
          file_target("weights", root / "weights", "w.safetensors", mutate_tensors),
          file_target("inputs", root / "inputs", "i.safetensors", mutate_tensors),
          config_target(root),
          set_target()};
}

}  // namespace esact::fuzz
