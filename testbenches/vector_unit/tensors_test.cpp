#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "kernels/fixed_point.h"
#include "vector_unit/bench.h"

namespace esact {
namespace {

/// Keeps everything that is published.
class Listener : public tlm::tlm_analysis_if<TensorRows> {
 public:
  struct Published {
    TensorRows rows;
    std::vector<std::uint8_t> data;
  };

  void write(const TensorRows& rows) override {
    const std::size_t element = rows.type == ElementType::kInt32 ? 4 : 1;
    const auto* data = static_cast<const std::uint8_t*>(rows.data);
    published[rows.tensor] = {rows, {data, data + rows.tokens.size() * rows.columns * element}};
  }

  template <class Value>
  std::vector<Value> values(const std::string& tensor) const {
    const auto& data = published.at(tensor).data;
    std::vector<Value> values(data.size() / sizeof(Value));
    std::memcpy(values.data(), data.data(), data.size());
    return values;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : published) names.push_back(entry.first);
    return names;
  }

  std::map<std::string, Published> published;
};

using Names = std::vector<std::string>;
using Tokens = std::vector<std::uint32_t>;

/// A vector unit whose tensors are listened to, and one command of 3 rows of 4.
class TensorBench : public VectorUnitBench {
 public:
  explicit TensorBench(sc_core::sc_module_name name = "bench") : VectorUnitBench({}, {}, name) {
    unit.tensors.bind(listener);
  }

  VectorCommand prepare(VectorKind kind) {
    VectorCommand command = random_command(kind, 3, 4);
    command.work = {2, 0, 5, 0};
    command.first_token = 100;
    command.first_column = 8;
    return command;
  }

  void run_one(const VectorCommand& command) {
    send(0, command);
    run();
    REQUIRE(outcomes[0].status == tlm::TLM_OK_RESPONSE);
  }

  void check(const char* tensor, ElementType type, std::int32_t head, const Tokens& tokens) {
    CAPTURE(tensor);
    const TensorRows& rows = listener.published.at(tensor).rows;
    CHECK(rows.type == type);
    CHECK(rows.layer == 2);
    CHECK(rows.head == head);
    CHECK(rows.tokens == tokens);
    CHECK(rows.first_column == 8);
    CHECK(rows.columns == 4);
  }

  Listener listener;
};

TEST_CASE("Quantise publishes x") {
  TensorBench bench;
  const VectorCommand command = bench.prepare(VectorKind::kQuantise);
  bench.run_one(command);
  CHECK(bench.listener.names() == Names{"x"});
  bench.check("x", ElementType::kInt8, -1, {100, 101, 102});
  CHECK(bench.listener.values<std::int8_t>("x") == bench.fetch<std::int8_t>(command.out.address, 12));
}

TEST_CASE("Layer norm publishes x where it is wanted") {
  TensorBench bench;
  bench.run_one(bench.prepare(VectorKind::kLayerNorm));
  CHECK(bench.listener.names() == Names{"x"});
}

TEST_CASE("Layer norm without x publishes h_out") {
  TensorBench bench;
  VectorCommand command = bench.prepare(VectorKind::kLayerNorm);
  command.out.address = kNoAddress;
  bench.run_one(command);
  CHECK(bench.listener.names() == Names{"h_out"});
  CHECK(bench.listener.values<std::int32_t>("h_out") == bench.fetch<std::int32_t>(command.h_out, 12));
}

TEST_CASE("Context publishes context and z of its head at the listed rows") {
  TensorBench bench;
  VectorCommand command = bench.prepare(VectorKind::kContext);
  command.row_list = bench.place(std::vector<std::uint16_t>{0, 1, 2});
  bench.run_one(command);
  CHECK(bench.listener.names() == Names{"context", "z"});
  bench.check("context", ElementType::kInt32, 5, {100, 101, 102});
  bench.check("z", ElementType::kInt8, 5, {100, 101, 102});
  auto expected = bench.fetch<std::int32_t>(command.in, 12);
  const auto sums = bench.fetch<std::int32_t>(command.sums, 3);
  for (std::size_t i = 0; i < 12; ++i) {
    expected[i] = static_cast<std::int32_t>(kernels::round_divide(256 * std::int64_t{expected[i]}, sums[i / 4]));
  }
  CHECK(bench.listener.values<std::int32_t>("context") == expected);
  CHECK(bench.listener.values<std::int8_t>("z") == bench.fetch<std::int8_t>(command.out.address, 12));
}

TEST_CASE("Activation publishes hidden and y of the listed tokens") {
  TensorBench bench;
  VectorCommand command = bench.prepare(VectorKind::kActivate);
  command.tokens = bench.place(Tokens{7, 9, 40});
  bench.run_one(command);
  CHECK(bench.listener.names() == Names{"hidden", "y"});
  bench.check("hidden", ElementType::kInt8, -1, {7, 9, 40});
  bench.check("y", ElementType::kInt8, -1, {7, 9, 40});
  CHECK(bench.listener.values<std::int8_t>("y") == bench.fetch<std::int8_t>(command.out.address, 12));
}

TEST_CASE("Residual with x publishes output, h_mid and x1") {
  TensorBench bench;
  const VectorCommand command = bench.prepare(VectorKind::kResidual);
  bench.run_one(command);
  CHECK(bench.listener.names() == Names{"h_mid", "output", "x1"});
  bench.check("output", ElementType::kInt32, -1, {100, 101, 102});
  auto expected = bench.fetch<std::int32_t>(command.acc.address, 12);
  const auto bias = bench.fetch<std::int32_t>(command.bias, 4);
  for (std::size_t i = 0; i < 12; ++i) expected[i] += bias[i % 4];
  CHECK(bench.listener.values<std::int32_t>("output") == expected);
  CHECK(bench.listener.values<std::int32_t>("h_mid") == bench.fetch<std::int32_t>(command.h_out, 12));
  CHECK(bench.listener.values<std::int8_t>("x1") == bench.fetch<std::int8_t>(command.out.address, 12));
}

TEST_CASE("Residual without x publishes h_out, and the increments of roots only") {
  TensorBench bench;
  VectorCommand command = bench.prepare(VectorKind::kResidual);
  command.out.address = kNoAddress;
  command.row_list = bench.place(std::vector<std::uint16_t>{1, 1, 0});
  bench.run_one(command);
  CHECK(bench.listener.names() == Names{"h_out", "increment"});
  bench.check("h_out", ElementType::kInt32, -1, {100, 101, 102});
  bench.check("increment", ElementType::kInt32, -1, {100, 102});
  const auto acc = bench.fetch<std::int32_t>(command.acc.address, 12);
  const auto bias = bench.fetch<std::int32_t>(command.bias, 4);
  const auto multiplier = bench.fetch<std::int32_t>(command.scale.multiplier, 4);
  const auto shift = bench.fetch<std::uint8_t>(command.scale.shift, 4);
  std::vector<std::int32_t> expected;
  for (const std::size_t row : {1, 0}) {
    for (std::size_t i = 0; i < 4; ++i) {
      const std::int64_t value = std::int64_t{acc[row * 4 + i]} + bias[i];
      expected.push_back(static_cast<std::int32_t>(kernels::round_shift(value * multiplier[i], shift[i])));
    }
  }
  CHECK(bench.listener.values<std::int32_t>("increment") == expected);
}

TEST_CASE("Increments of roots of earlier commands are not published again") {
  TensorBench bench;
  VectorCommand command = bench.prepare(VectorKind::kResidual);
  command.out.address = kNoAddress;
  command.row_list = bench.place(std::vector<std::uint16_t>{0, 1, 1});
  command.first_acc_row = 1;
  bench.run_one(command);
  bench.check("increment", ElementType::kInt32, -1, {101});
}

TEST_CASE("The other kinds publish nothing, and listening changes no cycle") {
  TensorBench bench;
  bench.send(0, bench.random_command(VectorKind::kRequantise, 8, 64));
  bench.send(100, bench.softmax({100, 60}));
  bench.send(200, bench.random_command(VectorKind::kScatterAdd, 8, 64));
  bench.send(300, bench.random_command(VectorKind::kQuantise, 8, 64));
  bench.run();
  CHECK(bench.listener.names() == Names{"x"});
  CHECK(bench.outcomes[1].cycle == 128);
  CHECK(bench.outcomes[3].cycle == 324);
}

}  // namespace
}  // namespace esact
