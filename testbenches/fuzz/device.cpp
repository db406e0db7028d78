#include "fuzz/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iostream>

#include "fuzz/device_host.h"
#include "fuzz/device_oracle.h"
#include "fuzz/layer_case.h"
#include "fuzz/register_accesses.h"
#include "platforms/common/configuration.h"

namespace esact::fuzz {
namespace {

constexpr std::uint32_t kEntries = 5;  ///< of the ring, odd so that it wraps in the midst
constexpr std::uint64_t kGoodRunEvery = 16;
constexpr std::size_t kMostRecords = 4000;
constexpr const char* kTarget = "device";

/// Addresses of the fuzz test's own things, a MiB each.
struct Places {
  explicit Places(std::uint64_t first)
      : ring(first), other(first + (1 << 20)), layer{other + (1 << 20), 0, 0, 0, 0, 1 << 20} {
    layer.input_h = layer.table + (1 << 20);
    layer.output_h = layer.input_h + (1 << 20);
    layer.parameters = layer.output_h + (1 << 20);
    layer.scratch = layer.parameters + (1 << 20);
  }

  std::uint64_t ring;
  std::uint64_t other;  ///< random bytes
  CaseAddresses layer;
};

/// Layers that ended as valid ones do, with all that NumPy needs to compute them again.
class Records {
 public:
  explicit Records(std::filesystem::path path) : path_(std::move(path)) {}

  bool wanted() const { return !path_.empty() && count_ < kMostRecords; }

  void add(const Descriptor& after, const std::vector<std::uint32_t>& sequences,
           const std::vector<std::uint8_t>& parameters, const std::vector<std::int32_t>& h,
           const std::vector<std::int32_t>& output) {
    const std::string prefix = std::to_string(count_++) + ".";
    writer_.add(prefix + "descriptor", platform::DataType::kU8, {sizeof after}, &after);
    writer_.add(prefix + "sequences", platform::DataType::kI32, {sequences.size()}, sequences.data());
    writer_.add(prefix + "parameters", {parameters.size()}, parameters);
    writer_.add(prefix + "h", {h.size()}, h);
    writer_.add(prefix + "output", {output.size()}, output);
  }

  void write() const {
    if (!path_.empty()) writer_.write(path_);
  }

 private:
  std::filesystem::path path_;
  platform::SafetensorsWriter writer_;
  std::size_t count_ = 0;
};

class DeviceFuzz {
 public:
  DeviceFuzz(const DeviceOptions& options, Tally& tally)
      : options_(options),
        tally_(tally),
        config_(configuration(options.sets)),
        host_("host", config_),
        places_(host_.free_memory()),
        records_(options.record) {
    memory_.base = platform::kDramBase;
    memory_.bytes = config_.dram.bytes;
    memory_.device_base = platform::kCsrBase;
    memory_.device_bytes = platform::kCsrBytes;
    memory_.ring = places_.ring;
    memory_.ring_bytes = kEntries * kDescriptorBytes;
    memory_.read = [this](std::uint64_t address, void* data, std::size_t bytes) { host_.store(address, data, bytes); };
  }

  /// The software of the machine: runs all inputs.
  void run(const std::function<void(const std::string&)>& enter) {
    sc_core::wait(1, sc_core::SC_NS);
    host_.check_good_run();
    for (std::uint64_t index = options_.first; index < options_.first + options_.count; ++index) {
      where_ = fmt::format("device-{}-{}", options_.seed, index);
      enter(where_);
      Random random(options_.seed, index);
      if (random.once_in(6)) {
        access_registers(host_, places_.ring, random);
        tally_.add("registers", "answered as documented");
        running_ = false;
      } else {
        run_descriptor(random);
      }
      if (random.once_in(kGoodRunEvery)) good_run();
    }
    good_run();
    records_.write();
  }

  const std::string& where() const { return where_; }

 private:
  static platform::PlatformConfig configuration(std::vector<std::string> sets) {
    sets.insert(sets.begin(), "dram.bytes=16777216");
    return platform::load_configuration(std::nullopt, sets);
  }

  void good_run() {
    host_.reset();
    running_ = false;
    host_.check_good_run();
  }

  /// A layer, all of its operands in DRAM; half of them are then spoilt.
  Descriptor make_descriptor(Random& random) {
    if (random.once_in(20)) {
      Descriptor descriptor;
      for (std::size_t i = 0; i < sizeof descriptor; ++i) {
        reinterpret_cast<unsigned char*>(&descriptor)[i] = static_cast<unsigned char>(random.number(8));
      }
      return descriptor;
    }
    LayerCase layer = make_case(places_.layer, random);
    if (random.once_in(10)) spoil_parameters(layer, random);
    if (random.once_in(20)) random.pick(layer.sequences) = static_cast<std::uint32_t>(random.number(12));
    host_.load(places_.layer.table, layer.sequences);
    host_.load(places_.layer.parameters, layer.parameters);
    host_.load(places_.layer.input_h, layer.h);
    fill_other(random);
    if (!random.once_in(6)) {
      for (std::uint64_t i = 0, count = 1 + random.below(3); i < count; ++i) spoil(layer.descriptor, random);
    }
    return layer.descriptor;
  }

  static void spoil_parameters(LayerCase& layer, Random& random) {
    const std::size_t constants = std::min<std::size_t>(layer.parameters.size(), 64 + random.below(4096));
    for (int i = 0; i < 4; ++i) layer.parameters[random.below(constants)] = static_cast<std::uint8_t>(random.next());
  }

  void fill_other(Random& random) {
    std::vector<std::uint64_t> bytes(2048);
    const unsigned bits = random.pick({8u, 16u, 64u});
    for (std::uint64_t& word : bytes) word = random.number(bits);
    host_.load(places_.other, bytes);
  }

  std::uint64_t address(Random& random) {
    const std::uint64_t end = memory_.base + memory_.bytes;
    const std::uint64_t place = random.pick<std::uint64_t>(
        {0, memory_.base, memory_.base - 64, end - 64, end, end - 4096, platform::kCsrBase, platform::kCsrBase + 64,
         std::uint64_t{1} << 63, UINT64_MAX - 63, 0x7000000000, places_.other, places_.ring, places_.layer.table,
         places_.layer.input_h, places_.layer.output_h, places_.layer.parameters, places_.layer.scratch});
    return place + (random.once_in(4) ? random.below(64) : random.once_in(4) ? 64 * random.below(64) : 0);
  }

  void spoil(Descriptor& d, Random& random) {
    auto* const bytes = reinterpret_cast<unsigned char*>(&d);
    switch (random.below(9)) {
      case 0:
      case 1: {
        const DescriptorCheck& check = kDescriptorChecks[random.below(kDescriptorChecks.size())];
        const std::uint64_t value =
            random.pick<std::uint64_t>({0, check.minimum, check.minimum - 1u, check.maximum, check.maximum + 1u,
                                        random.number(8), random.number(32)});
        std::memcpy(bytes + check.offset, &value, check.bytes);
        return;
      }
      case 2:
      case 3: {
        const std::uint64_t value = address(random);
        std::memcpy(bytes + kDescriptorAddresses[random.below(kDescriptorAddresses.size())], &value, sizeof value);
        return;
      }
      case 4:
        (random.once_in(2) ? d.parameters_bytes : d.scratch_bytes) = random.number();
        return;
      case 5:
        d.reserved1[random.below(sizeof d.reserved1)] = static_cast<std::uint8_t>(random.number(8));
        return;
      case 6:
        bytes[random.below(sizeof d)] ^= static_cast<unsigned char>(1 << random.below(8));
        return;
      case 7: {
        // What the device writes, software may have left in any state.
        d.status = static_cast<std::uint32_t>(random.next());
        d.error_code = static_cast<std::uint32_t>(random.next());
        d.error_address = random.next();
        d.cycles = random.next();
        return;
      }
      default:
        d.flags = static_cast<std::uint16_t>(d.flags ^ 1 << random.below(random.once_in(4) ? 16 : 5));
    }
  }

  void run_descriptor(Random& random) {
    const Descriptor descriptor = make_descriptor(random);
    place(descriptor);
    const Verdict verdict = judge(descriptor, memory_, config_.esact);
    if (verdict.too_large) return tally_.add(kTarget, "valid, too large to run");
    std::vector<std::uint32_t> sequences;
    std::vector<std::uint8_t> parameters;
    std::vector<std::int32_t> h;
    if (verdict.exact) {
      sequences = copy<std::uint32_t>(descriptor.sequence_table, descriptor.sequences);
      parameters = copy<std::uint8_t>(descriptor.parameters, ParameterLayout(shape(descriptor)).bytes());
      h = copy<std::int32_t>(descriptor.input_h, std::size_t{descriptor.tokens} * descriptor.width);
    }
    const Descriptor after = announce();
    check(descriptor, after, verdict);
    if (verdict.exact && records_.wanted()) {
      records_.add(after, sequences, parameters, h, copy<std::int32_t>(descriptor.output_h, h.size()));
    }
    const auto code = static_cast<ErrorCode>(after.error_code);
    tally_.add(kTarget, code == ErrorCode::kNone ? "done" : name(code));
    if (code != ErrorCode::kNone || !verdict.exact) {
      host_.reset();
      running_ = false;
    }
  }

  static LayerShape shape(const Descriptor& d) {
    LayerShape shape;
    shape.width = d.width;
    shape.heads = d.heads;
    shape.head_width = d.head_width;
    shape.ffn_width = d.ffn_width;
    shape.pre_ln = (d.flags & descriptor_flags::kPreLn) != 0;
    shape.final_norm = (d.flags & descriptor_flags::kFinalNorm) != 0;
    return shape;
  }

  template <typename Value>
  std::vector<Value> copy(std::uint64_t address, std::size_t count) {
    std::vector<Value> values(count);
    host_.store(address, values.data(), count * sizeof(Value));
    return values;
  }

  /// Writes a descriptor where the next one belongs. Its operands may lie there too, so it is judged afterwards.
  void place(const Descriptor& descriptor) {
    if (!running_) {
      host_.start(places_.ring, kEntries);
      head_ = 0;
    }
    running_ = true;
    slot_ = places_.ring + std::uint64_t{head_ % kEntries} * kDescriptorBytes;
    host_.load(slot_, &descriptor, sizeof descriptor);
  }

  /// Runs the descriptor to its end and returns it as it then lies in the ring.
  Descriptor announce() {
    host_.write(registers::kRingTail, head_ + 1);
    host_.wait_until_idle();
    Descriptor after;
    host_.store(slot_, &after, sizeof after);
    return after;
  }

  /// Status, registers and interrupt say the same, and what the oracle allows.
  void check(const Descriptor& before, const Descriptor& after, const Verdict& verdict) {
    const std::uint32_t status = host_.read(registers::kStatus);
    const bool failed = (status & registers::kStatusError) != 0;
    const std::uint32_t code = host_.read(registers::kErrorCode);
    const auto require = [&](bool condition, const std::string& promise) {
      if (!condition)
        throw Failure(fmt::format("{} (status {:#x}, code {}, descriptor {} {})", promise, status, code, after.status,
                                  after.error_code));
    };
    require(verdict.codes.count(static_cast<ErrorCode>(code)) != 0, "an outcome that the documents do not allow");
    require(failed == (code != 0), "STATUS.error and ERROR_CODE disagree");
    require(after.error_code == code, "descriptor and ERROR_CODE disagree");
    const DescriptorStatus expected = failed ? DescriptorStatus::kError : DescriptorStatus::kDone;
    require(after.status == static_cast<std::uint32_t>(expected), "wrong status in the descriptor");
    const bool interrupt = failed || (before.flags & descriptor_flags::kInterrupt) != 0;
    require(host_.irq() == interrupt, "the interrupt line is not as the descriptor asks");
    require(((status & registers::kStatusInterrupt) != 0) == interrupt, "STATUS.interrupt differs from the line");
    require(host_.read(registers::kRingHead) == head_ + (failed ? 0 : 1), "RING_HEAD");
    if (failed) {
      require(host_.read(registers::kErrorIndex) == head_, "ERROR_INDEX");
      const std::uint64_t low = host_.read(registers::kErrorAddressLow),
                          high = host_.read(registers::kErrorAddressHigh);
      require((low | high << 32) == after.error_address, "ERROR_ADDRESS");
    }
    host_.write(registers::kStatus, registers::kStatusInterrupt);
    sc_core::wait(1, sc_core::SC_NS);
    require(!host_.irq(), "the interrupt line stays high");
    if (!failed) ++head_;
  }

  DeviceOptions options_;
  Tally& tally_;
  platform::PlatformConfig config_;
  DeviceHost host_;
  Places places_;
  MemoryView memory_;
  Records records_;
  std::string where_ = "the first good run";
  std::uint32_t head_ = 0;
  std::uint64_t slot_ = 0;
  bool running_ = false;  ///< started, and no reset since
};

}  // namespace

bool run_device(const DeviceOptions& options, const std::function<void(const std::string&)>& enter, Tally& tally) {
  DeviceFuzz fuzz(options, tally);
  std::string failure = "the simulation came to a standstill";
  sc_core::sc_spawn([&] {
    try {
      fuzz.run(enter);
      failure.clear();
    } catch (const Failure& caught) {
      failure = caught.what();
    }
    sc_core::sc_stop();
  });
  sc_core::sc_start();
  if (!failure.empty()) std::cerr << fuzz.where() << ": " << failure << '\n';
  return failure.empty();
}

}  // namespace esact::fuzz
