#include <catch2/catch.hpp>

#include "kernels/fixed_point.h"
#include "kernels/layer_norm.h"
#include "kernels/softmax.h"
#include "vector_unit/bench.h"

namespace esact {
namespace {

using kernels::requantise;
using kernels::round_shift;

constexpr std::uint32_t kWidths[] = {1, 8, 32, 64, 128};
constexpr std::uint32_t kRows = 13;
const std::vector<std::uint16_t> kRowList{3, 4, 5, 0, 9, 9, 12, 11, 1, 2, 7, 6, 8};

/// What docs/numerics.md asks of a command, element by element.
class Reference {
 public:
  Reference(VectorUnitBench& bench, const VectorCommand& command) : bench_(bench), command_(command) {}

  std::vector<std::int32_t> words(std::uint64_t address, std::size_t count) {
    return bench_.fetch<std::int32_t>(address, count);
  }
  std::size_t elements() const { return std::size_t{command_.rows} * command_.width; }
  std::uint32_t width() const { return command_.width; }

  std::vector<std::int8_t> requantised(const std::vector<std::int32_t>& values, const ScaleParameters& scale,
                                       const std::vector<std::int32_t>& bias = {}) {
    const auto multiplier = words(scale.multiplier, width());
    const auto shift = bench_.fetch<std::uint8_t>(scale.shift, width());
    std::vector<std::int8_t> result(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t column = i % width();
      const std::int64_t value = std::int64_t{values[i]} + (bias.empty() ? 0 : bias[column]);
      result[i] = requantise(value, multiplier[column], shift[column]);
    }
    return result;
  }

  std::vector<std::int32_t> normalised(const std::vector<std::int32_t>& values) {
    const auto gamma = words(command_.norm.gamma, width());
    const auto beta = words(command_.norm.beta, width());
    std::vector<std::int32_t> result(values.size());
    const kernels::LayerNormParameters parameters{gamma.data(), beta.data(), command_.norm.shift,
                                                  command_.norm.epsilon};
    for (std::size_t first = 0; first < values.size(); first += width()) {
      REQUIRE(kernels::layer_norm(values.data() + first, width(), parameters, result.data() + first));
    }
    return result;
  }

  /// h + rescale(acc[row_list[row]] + bias); `acc` is [acc_rows, width].
  std::vector<std::int32_t> residual(const std::vector<std::int32_t>& acc, const std::vector<std::uint16_t>& row_list) {
    const auto bias = words(command_.bias, width());
    const auto multiplier = words(command_.scale.multiplier, width());
    const auto shift = bench_.fetch<std::uint8_t>(command_.scale.shift, width());
    std::vector<std::int32_t> result = words(command_.h, elements());
    for (std::size_t i = 0; i < result.size(); ++i) {
      const std::size_t row = i / width();
      const std::size_t column = i % width();
      const std::size_t source = row_list.empty() ? row : row_list[row];
      const std::int64_t value = std::int64_t{acc[source * width() + column]} + bias[column];
      result[i] += static_cast<std::int32_t>(round_shift(value * multiplier[column], shift[column]));
    }
    return result;
  }

  std::vector<std::int8_t> out() { return bench_.fetch<std::int8_t>(command_.out.address, elements()); }
  std::vector<std::int32_t> in() { return words(command_.in, elements()); }
  std::vector<std::int32_t> bias() { return words(command_.bias, width()); }

 private:
  VectorUnitBench& bench_;
  VectorCommand command_;
};

/// One command per width of kWidths, run one after another.
std::vector<VectorCommand> run_widths(
    VectorUnitBench& bench, VectorKind kind,
    const std::function<void(VectorCommand&)>& change = [](VectorCommand&) {}) {
  std::vector<VectorCommand> commands;
  for (const std::uint32_t width : kWidths) {
    commands.push_back(bench.random_command(kind, kRows, width));
    change(commands.back());
    bench.send(0, commands.back());
  }
  bench.run();
  for (const auto& outcome : bench.outcomes) CHECK(outcome.status == tlm::TLM_OK_RESPONSE);
  return commands;
}

TEST_CASE("Quantise") {
  VectorUnitBench bench;
  for (const VectorCommand& command : run_widths(bench, VectorKind::kQuantise)) {
    Reference reference(bench, command);
    CHECK(reference.out() == reference.requantised(reference.in(), command.scale));
  }
}

TEST_CASE("Layer norm with both results") {
  VectorUnitBench bench;
  for (const VectorCommand& command : run_widths(bench, VectorKind::kLayerNorm)) {
    Reference reference(bench, command);
    const auto normalised = reference.normalised(reference.in());
    CHECK(reference.words(command.h_out, normalised.size()) == normalised);
    CHECK(reference.out() == reference.requantised(normalised, command.scale));
  }
}

TEST_CASE("Layer norm writes only the results that are wanted") {
  VectorUnitBench bench;
  VectorCommand command = bench.random_command(VectorKind::kLayerNorm, 2, 16);
  const PanelMatrix unwanted = command.out;
  command.out.address = kNoAddress;
  bench.send(0, command);
  bench.run();
  CHECK(bench.fetch<std::uint8_t>(unwanted.address, 32) == std::vector<std::uint8_t>(32, 0xa5));
  Reference reference(bench, command);
  CHECK(reference.words(command.h_out, 32) == reference.normalised(reference.in()));
}

void check_requantise(const TlmConfig& tlm) {
  VectorUnitBench bench({}, tlm);
  const auto in_panels = [&](VectorCommand& command) {
    command.out = {bench.reserve(4096), 1024, command.width, (command.width + 1) / 2};
  };
  for (const VectorCommand& command : run_widths(bench, VectorKind::kRequantise, in_panels)) {
    Reference reference(bench, command);
    const auto expected = reference.requantised(reference.in(), command.scale, reference.bias());
    for (std::uint32_t column = 0; column < command.width; ++column) {
      const std::uint32_t panel = column / command.out.panel_columns;
      const std::uint32_t width =
          std::min(command.out.panel_columns, command.width - panel * command.out.panel_columns);
      const auto values = bench.fetch<std::int8_t>(command.out.address + panel * 1024, kRows * width);
      for (std::uint32_t row = 0; row < kRows; ++row) {
        CHECK(values[row * width + column % command.out.panel_columns] == expected[row * command.width + column]);
      }
    }
  }
}

TEST_CASE("Requantise into panels") {
  check_requantise({});
}

TEST_CASE("Requantise into panels, approximate with injected stalls") {
  TlmConfig tlm;
  tlm.mode = TlmMode::kApproximate;
  tlm.stall_permille = 200;
  check_requantise(tlm);
}

TEST_CASE("Softmax of the lists' rows") {
  VectorUnitBench bench;
  const std::vector<std::uint32_t> entries{1, 7, 0, 300, 64};
  const VectorCommand command = bench.softmax(entries);
  bench.send(0, command);
  bench.run();
  std::size_t first = 0;
  for (std::size_t row = 0; row < entries.size(); ++row) {
    const auto scores = bench.fetch<std::int32_t>(command.in + first * 4, entries[row]);
    std::vector<std::uint8_t> weights(entries[row]);
    std::int32_t sum = 0;
    if (!scores.empty()) kernels::softmax_weights(scores.data(), scores.size(), 12345, 16, weights.data(), &sum);
    CHECK(bench.fetch<std::uint8_t>(command.out.address + first, entries[row]) == weights);
    CHECK(bench.fetch<std::int32_t>(command.sums + row * 4, 1)[0] == sum);
    first += entries[row];
  }
}

TEST_CASE("Context goes to the listed rows") {
  VectorUnitBench bench;
  const std::vector<std::uint16_t> targets{0, 1, 2, 5, 6, 9, 20, 19, 18, 30, 31, 32, 33};
  const auto scattered = [&](VectorCommand& command) {
    command.row_list = bench.place(targets);
    command.out = bench.bytes(34, command.width);
  };
  for (const VectorCommand& command : run_widths(bench, VectorKind::kContext, scattered)) {
    Reference reference(bench, command);
    auto context = reference.in();
    const auto sums = reference.words(command.sums, kRows);
    for (std::size_t i = 0; i < context.size(); ++i) {
      context[i] =
          static_cast<std::int32_t>(kernels::round_divide(256 * std::int64_t{context[i]}, sums[i / command.width]));
    }
    const auto z = reference.requantised(context, command.scale);
    std::vector<std::int8_t> expected(34 * command.width, static_cast<std::int8_t>(0xa5));
    for (std::uint32_t row = 0; row < kRows; ++row) {
      std::copy_n(z.begin() + row * command.width, command.width, expected.begin() + targets[row] * command.width);
    }
    CHECK(bench.fetch<std::int8_t>(command.out.address, expected.size()) == expected);
  }
}

TEST_CASE("Activation by table") {
  VectorUnitBench bench;
  for (const VectorCommand& command : run_widths(bench, VectorKind::kActivate)) {
    Reference reference(bench, command);
    const auto hidden = reference.requantised(reference.in(), command.scale, reference.bias());
    const auto table = bench.fetch<std::int16_t>(command.table, 256);
    std::vector<std::int32_t> activated;
    for (const std::int8_t index : hidden) activated.push_back(table[index + 128]);
    CHECK(reference.out() == reference.requantised(activated, command.scale2));
  }
}

void check_scatter_add(bool clear) {
  VectorUnitBench bench;
  std::vector<std::vector<std::int32_t>> before;
  const auto listed = [&](VectorCommand& command) {
    command.row_list = bench.place(kRowList);
    before.push_back(random_values<std::int32_t>(kRows * command.width, -1000, 1000, 5));
    command.h_out = bench.place(before.back());
    command.clear = clear;
  };
  const auto commands = run_widths(bench, VectorKind::kScatterAdd, listed);
  std::uint64_t adds = 0;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    Reference reference(bench, commands[i]);
    const std::size_t width = commands[i].width;
    const auto partial = reference.in();
    auto expected = clear ? std::vector<std::int32_t>(before[i].size()) : before[i];
    for (std::size_t j = 0; j < expected.size(); ++j) expected[j] += partial[kRowList[j / width] * width + j % width];
    CHECK(reference.words(commands[i].h_out, expected.size()) == expected);
    adds += expected.size();
  }
  CHECK(bench.unit.counts().output_adds == adds);
}

TEST_CASE("Scatter-add accumulates") {
  check_scatter_add(false);
}
TEST_CASE("Scatter-add from zero") {
  check_scatter_add(true);
}

TEST_CASE("Residual with layer norm as output") {
  VectorUnitBench bench;
  const auto listed = [&](VectorCommand& command) {
    command.row_list = bench.place(kRowList);
    command.norm_is_output = 1;
  };
  for (const VectorCommand& command : run_widths(bench, VectorKind::kResidual, listed)) {
    Reference reference(bench, command);
    const auto normalised = reference.normalised(reference.residual(reference.in(), kRowList));
    CHECK(reference.words(command.h_out, normalised.size()) == normalised);
    CHECK(reference.out() == reference.requantised(normalised, command.scale2));
  }
}

TEST_CASE("Residual with layer norm for x only") {
  VectorUnitBench bench;
  for (const VectorCommand& command : run_widths(bench, VectorKind::kResidual)) {
    Reference reference(bench, command);
    const auto sum = reference.residual(reference.in(), {});
    CHECK(reference.words(command.h_out, sum.size()) == sum);
    CHECK(reference.out() == reference.requantised(reference.normalised(sum), command.scale2));
  }
}

TEST_CASE("Residual from an accumulator row on") {
  VectorUnitBench bench;
  VectorCommand command = bench.random_command(VectorKind::kResidual, 6, 8);
  command.norm = {};
  command.out.address = kNoAddress;
  command.rows = 4;
  command.first_acc_row = 2;
  bench.send(0, command);
  command.first_acc_row = 3;
  const std::size_t beyond = bench.send(0, command);
  bench.run();
  CHECK(bench.outcomes[beyond].status == tlm::TLM_COMMAND_ERROR_RESPONSE);
  Reference reference(bench, command);
  CHECK(reference.words(command.h_out, 4 * 8) == reference.residual(reference.words(command.in, 6 * 8), {2, 3, 4, 5}));
}

TEST_CASE("Residual of panels and a range of rows, without layer norm and x") {
  VectorUnitBench bench;
  constexpr std::uint32_t kWidth = 100;
  constexpr std::uint32_t kPanel = 64;
  constexpr std::uint32_t kAccRows = 30;
  constexpr std::uint64_t kStride = kAccRows * kPanel * 4 + 128;
  const std::vector<std::uint16_t> rows{10, 11, 12, 12, 17};
  const auto acc = random_values<std::int32_t>(kAccRows * kWidth, -1000000, 1000000, 3);
  std::vector<std::int32_t> panels(2 * kStride / 4);
  for (std::uint32_t i = 0; i < acc.size(); ++i) {
    const std::uint32_t row = i / kWidth;
    const std::uint32_t column = i % kWidth;
    const std::uint32_t width = column < kPanel ? kPanel : kWidth - kPanel;
    panels[column / kPanel * kStride / 4 + row * width + column % kPanel] = acc[i];
  }
  VectorCommand command = bench.random_command(VectorKind::kResidual, 5, kWidth);
  command.acc = {bench.place(panels), kStride, kWidth, kPanel};
  command.acc_rows = kAccRows;
  command.row_list = bench.place(rows);
  command.norm = {};
  command.out.address = kNoAddress;
  bench.send(0, command);
  bench.run();
  Reference reference(bench, command);
  CHECK(reference.words(command.h_out, 5 * kWidth) == reference.residual(acc, rows));
}

TEST_CASE("A value that does not fit int32 is answered as an error and writes nothing") {
  VectorUnitBench bench;
  std::vector<VectorCommand> commands;
  VectorCommand residual = bench.random_command(VectorKind::kResidual, 1, 2);
  residual.h = bench.place(std::vector<std::int32_t>{INT32_MAX, 0});
  residual.acc.address = bench.place(std::vector<std::int32_t>{1 << 20, 0});
  residual.bias = kNoAddress;
  residual.scale = {bench.place(std::vector<std::int32_t>{1, 1}), bench.place(std::vector<std::uint8_t>{0, 0})};
  commands.push_back(residual);
  VectorCommand norm = bench.random_command(VectorKind::kLayerNorm, 1, 2);
  norm.in = bench.place(std::vector<std::int32_t>{-1000, 1000});
  norm.norm.gamma = bench.place(std::vector<std::int32_t>{1 << 20, 1 << 20});
  norm.norm.shift = 0;
  commands.push_back(norm);
  VectorCommand scatter = bench.random_command(VectorKind::kScatterAdd, 1, 2);
  scatter.in = bench.place(std::vector<std::int32_t>{INT32_MAX, 0});
  scatter.h_out = bench.place(std::vector<std::int32_t>{1, 7});
  commands.push_back(scatter);
  for (const VectorCommand& command : commands) bench.send(0, command);
  bench.send(0, bench.random_command(VectorKind::kQuantise, 1, 2));
  bench.run();
  for (std::size_t i = 0; i < commands.size(); ++i) CHECK(bench.outcomes[i].status == tlm::TLM_GENERIC_ERROR_RESPONSE);
  CHECK(bench.outcomes.back().status == tlm::TLM_OK_RESPONSE);
  CHECK(bench.fetch<std::uint8_t>(residual.h_out, 8) == std::vector<std::uint8_t>(8, 0xa5));
  CHECK(bench.fetch<std::uint8_t>(norm.h_out, 8) == std::vector<std::uint8_t>(8, 0xa5));
  CHECK(bench.fetch<std::int32_t>(scatter.h_out, 2) == std::vector<std::int32_t>{1, 7});
}

TEST_CASE("A command that lacks an operand is refused") {
  VectorUnitBench bench;
  for (int kind = 0; kind <= static_cast<int>(VectorKind::kResidual); ++kind) {
    VectorCommand command = bench.random_command(static_cast<VectorKind>(kind), 2, 4);
    command.in = command.acc.address = kNoAddress;
    bench.send(0, command);
  }
  VectorCommand unknown = bench.random_command(VectorKind::kQuantise, 2, 4);
  unknown.kind = static_cast<VectorKind>(8);
  bench.send(0, unknown);
  bench.run();
  for (const auto& outcome : bench.outcomes) CHECK(outcome.status == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(bench.unit.counts().vector_operations == 0);
}

TEST_CASE("Lists that make no sense are refused") {
  VectorUnitBench bench;
  for (const VectorKind kind : {VectorKind::kResidual, VectorKind::kScatterAdd}) {
    VectorCommand command = bench.random_command(kind, 2, 4);
    command.row_list = bench.place(std::vector<std::uint16_t>{1, 2});
    bench.send(0, command);
  }
  VectorCommand softmax = bench.softmax({3, 4});
  softmax.lists = bench.place(std::vector<std::uint32_t>{0, 5, 4});
  bench.send(0, softmax);
  bench.run();
  for (const auto& outcome : bench.outcomes) CHECK(outcome.status == tlm::TLM_COMMAND_ERROR_RESPONSE);
}

}  // namespace
}  // namespace esact
