#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>

#include "kernels/quantizer.h"
#include "platforms/common/safetensors.h"
#include "spls_predictor/rig.h"
#include "sram/sram.h"

namespace esact::testbench {
namespace {

using kernels::Quantizer;
using platform::SafetensorsFile;
using SramRig = Rig<Sram>;

constexpr std::uint64_t kSramBytes = 16 << 20;
constexpr std::uint32_t kFirstToken = 5;  // the sequence is not the first of its batch

/// ESACT_GOLDEN_DIR, or the cases that are part of the tests.
std::vector<std::filesystem::path> golden_files() {
  const char* folder = std::getenv("ESACT_GOLDEN_DIR");
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder ? folder : ESACT_TEST_DATA "/golden")) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Quantizer quantizer_of(const SafetensorsFile& file) {
  const std::string& name = file.metadata("quantizer");
  if (name == "pot") return Quantizer::kPowerOfTwo;
  if (name == "leading_one") return Quantizer::kLeadingOne;
  if (name == "exact") return Quantizer::kExact;
  return file.metadata("ties") == "down" ? Quantizer::kHlogTiesDown : Quantizer::kHlog;
}

SplsKnobs knobs_of(const SafetensorsFile& file) {
  const auto number = [&](const char* key) { return static_cast<std::uint16_t>(std::stoul(file.metadata(key))); };
  SplsKnobs knobs;
  knobs.enabled = 1;
  knobs.k_q8 = number("k_q8");
  knobs.s_q8 = number("s_q8");
  knobs.f_q8 = number("f_q8");
  knobs.window = number("window");
  knobs.quantizer = quantizer_of(file);
  knobs.offset_kth = file.metadata("offset") == "kth" ? 1 : 0;
  knobs.hamming = file.metadata("metric") == "hamming" ? 1 : 0;
  return knobs;
}

/// One case: its commands with operands in SRAM, and what the golden file expects.
class GoldenCase {
 public:
  /// `x_rows`: x is streamed through a buffer of so many rows; 0: it lies in SRAM.
  GoldenCase(const std::filesystem::path& path, std::uint32_t x_rows)
      : file_(SafetensorsFile::read(path)),
        x_rows_(x_rows),
        heads_(std::stoul(file_.metadata("heads"))),
        tokens_(file_.info("x").shape[0]),
        width_(file_.info("x").shape[1]),
        head_width_(width_ / heads_) {}

  /// Predicts all heads at once, votes, and checks everything that can be seen.
  void run(SramRig& rig) {
    write_operands(rig);
    rig.engine.entries.clear();
    rig.dma.entries.clear();
    const EventCounts predicted_before = rig.predictor.counts();
    const EventCounts quantized_before = rig.quantizer.counts();
    rig.send(commands_);
    rig.send({vote_});

    counts_ = rig.predictor.counts();
    counts_ -= predicted_before;
    EventCounts quantized = rig.quantizer.counts();
    quantized -= quantized_before;
    check_counts(quantized);
    check_records(rig.engine.entries);
    check_streaming(rig.dma.entries);
    for (std::size_t head = 0; head < heads_; ++head) check_memory(rig, head);
    check_roots(rig);
  }

  void check_tensors(const Tensors& tensors) const {
    for (std::size_t head = 0; head < heads_; ++head) {
      const auto published = [&](const char* name) {
        return tensors.values(name, static_cast<std::int32_t>(head), kFirstToken);
      };
      CHECK(published("pam") == expected<std::int32_t>("pam", head));
      CHECK(published("mask") == expected<std::uint8_t>("mask", head));
      CHECK(published("representative") == expected<std::int32_t>("representative", head));
      CHECK(published("needed_columns") == expected<std::uint8_t>("needed_columns", head));
      CHECK(published("q_hat") == projected("wq", "bq", "q_shift", head));
      CHECK(published("k_hat") == projected("wk", "bk", "k_shift", head));
    }
    CHECK(tensors.values("ffn_root", -1, kFirstToken) == file_.view<std::int32_t>("ffn_root").to_vector());
    CHECK_FALSE(tensors.published_twice());
  }

 private:
  bool causal() const { return file_.metadata("causal") == "true"; }
  std::size_t valid(std::size_t row) const { return causal() ? row + 1 : tokens_; }

  /// The part of a tensor that belongs to one head.
  template <class T>
  std::vector<std::int32_t> expected(const char* tensor, std::size_t head) const {
    const std::vector<T> all = file_.view<T>(tensor).to_vector();
    const std::size_t size = all.size() / heads_;
    return {all.begin() + head * size, all.begin() + (head + 1) * size};
  }

  /// A head's columns of a weight matrix.
  std::vector<std::int8_t> weights(const char* tensor, std::size_t head) const {
    const auto all = file_.view<std::int8_t>(tensor);
    std::vector<std::int8_t> columns(width_ * head_width_);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i] = all[i / head_width_ * width_ + head * head_width_ + i % head_width_];
    }
    return columns;
  }

  /// Q^ or K^ of a head by the formula of docs/numerics.md.
  std::vector<std::int32_t> projected(const char* weight, const char* bias, const char* shift, std::size_t head) const {
    const Quantizer quantizer = quantizer_of(file_);
    const auto x = file_.view<std::int8_t>("x");
    const std::vector<std::int8_t> w = weights(weight, head);
    const auto b = file_.view<std::int32_t>(bias);
    const std::int64_t r = file_.view<std::int32_t>(shift)[head];
    std::vector<std::int16_t> x_level(x.size());
    std::vector<std::int16_t> w_level(w.size());
    for (std::size_t i = 0; i < x.size(); ++i) x_level[i] = kernels::level(quantizer, x[i]);
    for (std::size_t i = 0; i < w.size(); ++i) w_level[i] = kernels::level(quantizer, w[i]);
    std::vector<std::int32_t> result;
    for (std::size_t row = 0; row < tokens_; ++row) {
      for (std::size_t column = 0; column < head_width_; ++column) {
        std::int64_t sum = b[head * head_width_ + column];
        for (std::size_t k = 0; k < width_; ++k) sum += x_level[row * width_ + k] * w_level[k * head_width_ + column];
        if (r > 0) sum = (sum + (std::int64_t{1} << (r - 1))) >> r;
        result.push_back(static_cast<std::int32_t>(std::clamp<std::int64_t>(sum, -127, 127)));
      }
    }
    return result;
  }

  template <class T>
  std::uint64_t place(SramRig& rig, const std::vector<T>& values) {
    const std::uint64_t address = addresses_.take(values.size() * sizeof(T));
    rig.access.debug_write(address, values.data(), values.size() * sizeof(T));
    return address;
  }

  void write_operands(SramRig& rig) {
    PredictorCommand common;
    common.work.layer = 3;
    common.causal = causal() ? 1 : 0;
    common.spls = knobs_of(file_);
    common.heads = static_cast<std::uint16_t>(heads_);
    common.tokens = static_cast<std::uint32_t>(tokens_);
    common.width = static_cast<std::uint32_t>(width_);
    common.head_width = static_cast<std::uint32_t>(head_width_);
    common.first_token = kFirstToken;
    const std::vector<std::int8_t> x = file_.view<std::int8_t>("x").to_vector();
    if (x_rows_ > 0) {
      common.x_system = rig.dma.place(x);
      common.x_rows = x_rows_;
      common.x = addresses_.take(x_rows_ * width_);
    } else {
      common.x = place(rig, x);
    }
    common.mask_stride = static_cast<std::uint32_t>((tokens_ + 63) / 64 * 8);
    common.representative_stride = static_cast<std::uint32_t>((tokens_ + 63) / 64 * 64);
    const std::uint64_t representatives = addresses_.take(common.representative_stride * heads_);
    for (std::size_t head = 0; head < heads_; ++head) {
      commands_.push_back(head_command(rig, common, head));
      commands_.back().representative = representatives + head * common.representative_stride;
    }
    vote_ = common;
    vote_.kind = PredictorKind::kVote;
    vote_.representative = representatives;
    vote_.root = addresses_.take(tokens_);
  }

  PredictorCommand head_command(SramRig& rig, const PredictorCommand& common, std::size_t head) {
    const auto bias = [&](const char* tensor) {
      const std::vector<std::int32_t> all = file_.view<std::int32_t>(tensor).to_vector();
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(head * head_width_);
      return place(rig, std::vector<std::int32_t>(first, first + static_cast<std::ptrdiff_t>(head_width_)));
    };
    PredictorCommand command = common;
    command.work.head = static_cast<std::uint16_t>(head);
    command.slot = static_cast<std::uint16_t>(head);
    command.q_shift = static_cast<std::uint16_t>(file_.view<std::int32_t>("q_shift")[head]);
    command.k_shift = static_cast<std::uint16_t>(file_.view<std::int32_t>("k_shift")[head]);
    command.wq = place(rig, weights("wq", head));
    command.wk = place(rig, weights("wk", head));
    command.bq = bias("bq");
    command.bk = bias("bk");
    command.mask = addresses_.take(tokens_ * common.mask_stride);
    command.result = addresses_.take(sizeof(PredictionResult));
    return command;
  }

  void check_counts(const EventCounts& quantized) const {
    const bool exact = quantizer_of(file_) == Quantizer::kExact;
    const std::uint64_t products = static_cast<std::uint64_t>(file_.view<std::int64_t>("predictor_products")[0]);
    CHECK(counts_.predictor_products == products);
    CHECK(counts_.hlog_conversions == (exact ? 0 : 2 * tokens_ * width_));
    CHECK(quantized.hlog_conversions == (exact ? 0 : 2 * width_ * width_ + 2 * heads_ * tokens_ * width_));

    std::uint64_t compares = 0;
    std::uint64_t adds = 0;
    for (std::size_t head = 0; head < heads_; ++head) {
      const std::vector<std::int32_t> mask = expected<std::uint8_t>("mask", head);
      const std::vector<std::int32_t> representative = expected<std::int32_t>("representative", head);
      std::uint64_t critical = 0;
      for (std::size_t row = 0; row < tokens_; ++row) {
        const auto first = mask.begin() + static_cast<std::ptrdiff_t>(row * tokens_);
        const auto kept = std::count(first, first + static_cast<std::ptrdiff_t>(tokens_), 1);
        std::uint64_t steps = 0;
        while ((1 << steps) < kept + 1) ++steps;
        compares += valid(row) * steps;
        if (row % knobs_of(file_).window == 0) critical = 0;
        adds += critical * valid(row);
        if (representative[row] == static_cast<std::int32_t>(row)) ++critical;
      }
    }
    CHECK(counts_.topk_compares == compares);
    CHECK(counts_.similarity_adds == adds);
  }

  /// One record per window and head, in the order of rows, that names the critical rows.
  void check_records(const std::vector<CommandRecorder<WindowRecord>::Entry>& arrivals) const {
    const std::size_t window = knobs_of(file_).window;
    const std::size_t windows = (tokens_ + window - 1) / window;
    CHECK(arrivals.size() == heads_ * windows);
    std::vector<std::size_t> next(heads_);
    for (const auto& [record, arrival, completion] : arrivals) {
      const std::size_t first = next.at(record.slot)++ * window;
      CHECK(record.window == first / window);
      CHECK(record.first_row == first);
      CHECK(record.rows == std::min(window, tokens_ - first));
      const std::vector<std::int32_t> representative = expected<std::int32_t>("representative", record.slot);
      std::uint64_t critical = 0;
      for (std::size_t row = 0; row < record.rows; ++row) {
        if (representative[first + row] == static_cast<std::int32_t>(first + row)) critical |= std::uint64_t{1} << row;
      }
      CHECK(record.critical_rows == critical);
    }
  }

  /// All rows of x for each head's K^ and those of each window for its Q^, in loads that fill the buffer as far as they
  /// can.
  void check_streaming(const std::vector<CommandRecorder<DmaCommand>::Entry>& loads) const {
    std::vector<std::pair<std::size_t, std::size_t>> expected, loaded;  // first row, rows
    const auto expect = [&](std::size_t first, std::size_t end) {
      for (; x_rows_ > 0 && first < end; first += x_rows_) {
        expected.emplace_back(first, std::min<std::size_t>(x_rows_, end - first));
      }
    };
    const std::size_t window = knobs_of(file_).window;
    for (std::size_t head = 0; head < heads_; ++head) {
      expect(0, tokens_);
      for (std::size_t first = 0; first < tokens_; first += window) expect(first, std::min(first + window, tokens_));
    }
    for (const auto& [load, arrival, completion] : loads) {
      CHECK(load.direction == DmaDirection::kToSram);
      CHECK(load.sram_address == vote_.x);
      loaded.emplace_back((load.system_address - vote_.x_system) / width_, load.bytes / width_);
    }
    CHECK(loaded == expected);
    CHECK(counts_.streamed_bytes == (x_rows_ > 0 ? 2 * heads_ * tokens_ * width_ : 0));
  }

  template <class T>
  std::vector<T> fetch(SramRig& rig, std::uint64_t address, std::size_t count) const {
    std::vector<T> values(count);
    rig.access.debug_read(address, values.data(), count * sizeof(T));
    return values;
  }

  void check_memory(SramRig& rig, std::size_t head) const {
    const PredictorCommand& command = commands_[head];
    const std::vector<std::int32_t> mask = expected<std::uint8_t>("mask", head);
    const auto packed = fetch<std::uint8_t>(rig, command.mask, tokens_ * command.mask_stride);
    std::size_t wrong_bits = 0;
    for (std::size_t row = 0; row < tokens_; ++row) {
      for (std::size_t bit = 0; bit < command.mask_stride * 8; ++bit) {
        const int kept = packed[row * command.mask_stride + bit / 8] >> bit % 8 & 1;
        if (kept != (bit < tokens_ ? mask[row * tokens_ + bit] : 0)) ++wrong_bits;
      }
    }
    CHECK(wrong_bits == 0);

    const std::vector<std::int32_t> representative = expected<std::int32_t>("representative", head);
    const std::vector<std::int32_t> needed = expected<std::uint8_t>("needed_columns", head);
    CHECK(followed(fetch<std::uint8_t>(rig, command.representative, tokens_)) == representative);
    std::uint32_t critical = 0;
    for (std::size_t row = 0; row < tokens_; ++row) critical += representative[row] == static_cast<std::int32_t>(row);
    const PredictionResult result = fetch<PredictionResult>(rig, command.result, 1)[0];
    CHECK(result.critical_rows == critical);
    CHECK(result.needed_columns == static_cast<std::uint32_t>(std::count(needed.begin(), needed.end(), 1)));
  }

  void check_roots(SramRig& rig) const {
    CHECK(followed(fetch<std::uint8_t>(rig, vote_.root, tokens_)) == file_.view<std::int32_t>("ffn_root").to_vector());
  }

  /// The rows that distances back lead to.
  static std::vector<std::int32_t> followed(const std::vector<std::uint8_t>& distances) {
    std::vector<std::int32_t> rows(distances.size());
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row] = static_cast<std::int32_t>(row) - distances[row];
    return rows;
  }

  SafetensorsFile file_;
  std::uint32_t x_rows_;
  std::size_t heads_;
  std::size_t tokens_;
  std::size_t width_;
  std::size_t head_width_;
  Addresses addresses_;
  std::vector<PredictorCommand> commands_;
  PredictorCommand vote_;
  EventCounts counts_;
};

/// Gives every virtual page the physical page of the same number.
void map_pages(SramRig& rig) {
  std::vector<std::uint32_t> pages(kSramBytes / kPageBytes);
  std::iota(pages.begin(), pages.end(), 0U);
  rig.access.debug_write(kPageTableBase, pages.data(), pages.size() * sizeof(std::uint32_t));
}

void check_golden(const RigConfig& config, std::uint32_t x_rows = 0) {
  SramConfig sram;
  sram.bytes = kSramBytes;
  SramRig rig("rig", config, sram, config.tlm, Clock(2000));
  Tensors tensors;
  rig.predictor.tensors.bind(tensors);
  std::size_t cases = 0;
  rig.body = [&] {
    map_pages(rig);
    for (const std::filesystem::path& path : golden_files()) {
      INFO(path.filename().string());
      GoldenCase golden(path, x_rows);
      tensors.clear();
      golden.run(rig);
      golden.check_tensors(tensors);
      ++cases;
    }
  };
  sc_core::sc_start();
  CHECK(rig.done);
  CHECK(cases > 0);
}

TEST_CASE("golden cases, progressive") {
  check_golden({});
}

TEST_CASE("golden cases, barrier and a slow engine") {
  RigConfig config;
  config.predictor.progressive = false;
  config.accept_cycles = 50;
  check_golden(config);
}

TEST_CASE("golden cases, approximate mode") {
  RigConfig config;
  config.tlm.mode = TlmMode::kApproximate;
  check_golden(config);
}

TEST_CASE("golden cases, x streamed row by row") {
  check_golden({}, 1);
}

TEST_CASE("golden cases, x streamed by rows that divide no window") {
  check_golden({}, 3);
}

TEST_CASE("golden cases, x streamed by more rows than a window has") {
  RigConfig config;
  config.tlm.mode = TlmMode::kApproximate;
  config.tlm.stall_permille = 300;
  check_golden(config, 33);
}

TEST_CASE("golden cases with random stalls on every link") {
  RigConfig config;
  config.tlm.stall_permille = 300;
  check_golden(config);
}

TEST_CASE("golden cases, approximate mode with random stalls on every link") {
  RigConfig config;
  config.tlm.mode = TlmMode::kApproximate;
  config.tlm.stall_permille = 300;
  check_golden(config);
}

}  // namespace
}  // namespace esact::testbench
