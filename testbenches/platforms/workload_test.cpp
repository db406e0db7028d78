#include "platforms/common/workload.h"

#include <catch2/catch.hpp>

#include "platforms/common/error.h"
#include "platforms/small_workload.h"

namespace {

using namespace esact::platform;
using esact::test::message_of;
using esact::test::replaced;
using esact::test::SmallWorkload;
using esact::test::TemporaryFolder;

/// What loading `small` fails with, the folder's path cut away.
std::string error_of(const SmallWorkload& small) {
  const TemporaryFolder folder;
  small.write(folder.path());
  const std::string message = message_of<UserError>([&] { load_workload(folder.path()); });
  return message.empty() ? message : message.substr(folder.path().string().size() + 1);
}

}  // namespace

TEST_CASE("A workload folder loads completely") {
  const TemporaryFolder folder;
  SmallWorkload().write(folder.path());
  const Workload workload = load_workload(folder.path());
  CHECK(workload.model.name == "tiny");
  CHECK(workload.model.layers == 2);
  CHECK(workload.model.head_width() == 4);
  CHECK(workload.model.pre_ln);
  CHECK(workload.model.causal);
  CHECK_FALSE(workload.model.has_final_norm(0));
  CHECK(workload.model.has_final_norm(1));
  CHECK(workload.sequences == std::vector<std::uint32_t>{5, 3});
  CHECK(workload.h_scale == "0.03125");
  CHECK(workload.input(1).size() == 24);
  CHECK(workload.input(1)[23] == -7);
  CHECK(workload.layer(1).view<std::int8_t>("wq")[0] == -128);
  CHECK(workload.layer(1).view<std::int32_t>("norm_final.gamma").size() == 8);
  CHECK_THROWS_AS(workload.layer(0).view<std::int32_t>("norm_final.gamma"), UserError);

  const esact::SplsKnobs first = workload.spls[0].knobs();
  CHECK(first.enabled == 1);
  CHECK(first.k_q8 == 77);
  CHECK(first.s_q8 == 65535);
  CHECK(first.f_q8 == 257);
  CHECK(first.window == 4);
  CHECK(first.quantizer == esact::kernels::Quantizer::kHlogTiesDown);
  CHECK(first.offset_kth == 1);
  CHECK(first.hamming == 1);
  CHECK(workload.spls[1].knobs().enabled == 0);
  CHECK(workload.spls[1].knobs().window == 64);
}

TEST_CASE("Knobs that are not given have the specification's defaults") {
  SmallWorkload small;
  const std::size_t begin = small.yaml.find("spls:");
  small.yaml.erase(begin, small.yaml.find("sequences:") - begin);
  const TemporaryFolder folder;
  small.write(folder.path());
  const esact::SplsKnobs knobs = load_workload(folder.path()).spls[1].knobs();
  CHECK(knobs.enabled == 1);
  CHECK(knobs.k_q8 == 51);
  CHECK(knobs.s_q8 == 128);
  CHECK(knobs.f_q8 == 128);
  CHECK(knobs.window == 8);
  CHECK(knobs.quantizer == esact::kernels::Quantizer::kHlog);
  CHECK(knobs.offset_kth == 0);
  CHECK(knobs.hamming == 0);
}

TEST_CASE("Overrides of spls hold for all layers") {
  const TemporaryFolder folder;
  SmallWorkload().write(folder.path());
  const Workload workload = load_workload(
      folder.path(),
      {{"spls.enabled", "true", "--set"}, {"spls.window", "9", "--set"}, {"spls.quantizer", "pot", "--set"}});
  for (const SplsSettings& layer : workload.spls) {
    CHECK(layer.knobs().enabled == 1);
    CHECK(layer.knobs().window == 9);
    CHECK(layer.knobs().quantizer == esact::kernels::Quantizer::kPowerOfTwo);
    CHECK(layer.knobs().k_q8 == 77);
  }
}

TEST_CASE("Mistakes in workload.yaml are named with file, key, value and what is allowed") {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const Case cases[] = {
      {"format: esact-workload-1", "format: esact-workload-2",
       "workload.yaml: format: 'esact-workload-2', expected esact-workload-1"},
      {"format: esact-workload-1\n", "", "workload.yaml: format: missing"},
      {"format:", "formt: 1\nformat:", "workload.yaml: formt: unknown key, did you mean format?"},
      {"sequences: [5, 3]", "sequences: [5, 3]\nsequences: [5, 3]", "workload.yaml: sequences: stands twice"},
      {"format:", "[", "workload.yaml: line "},
      {"heads: 2", "heads: 3", "workload.yaml: model.heads: 3 does not divide model.width 8"},
      {"heads: 2", "heads: 65", "workload.yaml: model.heads: '65', expected a whole number 1..64"},
      {"heads: 2", "heads: 0", "workload.yaml: model.heads: '0', expected a whole number 1..64"},
      {"heads: 2", "haeds: 2", "workload.yaml: model.haeds: unknown key, did you mean model.heads?"},
      {", heads: 2", "", "workload.yaml: model.heads: missing"},
      {"heads: 2", "heads: [2]", "workload.yaml: model.heads: a list, expected a plain value"},
      {"heads: 2", "heads: ", "workload.yaml: model.heads: nothing, expected a plain value"},
      {"width: 8, heads: 2", "width: 258, heads: 2",
       "workload.yaml: model.heads: 2, expected heads of at most 128 columns, these have 129"},
      {"width: 8", "width: 1025", "workload.yaml: model.width: '1025', expected a whole number 1..1024"},
      {"width: 8", "width: 8.0", "workload.yaml: model.width: '8.0', expected a whole number 1..1024"},
      {"width: 8", "width: -8", "workload.yaml: model.width: '-8', expected a whole number 1..1024"},
      {"width: 8", "width: 99999999999999999999", "workload.yaml: model.width: '99999999999999999999', expected"},
      {"ffn: 12", "ffn: 4097", "workload.yaml: model.ffn: '4097', expected a whole number 1..4096"},
      {"layers: 2", "layers: 0", "workload.yaml: model.layers: '0', expected a whole number 1..1024"},
      {"norm: pre", "norm: rms", "workload.yaml: model.norm: 'rms', expected post or pre"},
      {"causal: true", "causal: yes", "workload.yaml: model.causal: 'yes', expected false or true"},
      {"k_q8: 77", "k_q8: 0", "workload.yaml: spls.k_q8: '0', expected a whole number 1..256"},
      {"k_q8: 77", "k_q8: [77]",
       "workload.yaml: spls.k_q8: a list of 1, expected one value, or one for each of the 2 layers"},
      {"k_q8: 77", "k_q8: [77, [1]]", "workload.yaml: spls.k_q8[1]: a list, expected a plain value"},
      {"k_q8: 77", "k_q9: 77", "workload.yaml: spls.k_q9: unknown key, did you mean spls.k_q8?"},
      {"s_q8: 65535", "s_q8: 65536", "workload.yaml: spls.s_q8: '65536', expected a whole number 0..65535"},
      {"f_q8: 257", "f_q8: 258", "workload.yaml: spls.f_q8: '258', expected a whole number 0..257"},
      {"window: [4, 64]", "window: [4, 65]", "workload.yaml: spls.window: '65', expected a whole number 1..64"},
      {"quantizer: hlog", "quantizer: log",
       "workload.yaml: spls.quantizer: 'log', expected hlog, pot, leading_one or exact"},
      {"ties: down", "ties: even", "workload.yaml: spls.ties: 'even', expected up or down"},
      {"sequences: [5, 3]", "sequences: []", "workload.yaml: sequences: expected a list of at least one length"},
      {"sequences: [5, 3]", "sequences: 5", "workload.yaml: sequences: expected a list of at least one length"},
      {"sequences: [5, 3]", "sequences: [5, 0]", "workload.yaml: sequences[1]: '0', expected a whole number 1..1024"},
      {"sequences: [5, 3]", "sequences: [5, 4]", "i.safetensors: h.1: shape [3, 8], expected [4, 8]"},
      {"sequences: [5, 3]", "sequences: [5, 3, 1]", "i.safetensors: h.2: no such tensor, the nearest name is 'h.0'"},
      {"w.safetensors", "v.safetensors", "v.safetensors: no such file"},
      {"final_norm: true", "final_norm: false",
       "w.safetensors: 'layer.1.norm_final.beta': not a parameter of a model of 2 layers without final_norm"},
      {"layers: 2", "layers: 3",
       "workload.yaml: spls.enabled: a list of 2, expected one value, or one for each of the 3"},
  };
  for (const Case& bad : cases) {
    SmallWorkload small;
    small.yaml = replaced(small.yaml, bad.from, bad.to);
    INFO(bad.to);
    CHECK_THAT(error_of(small), Catch::StartsWith(bad.message));
  }
  CHECK(error_of(SmallWorkload()).empty());
}

TEST_CASE("Parameters and inputs of the wrong type, shape or range are named") {
  using esact::test::Tensor;
  struct Case {
    const char* tensor;
    std::function<void(Tensor&)> spoil;
    const char* message;
  };
  const auto last = [](std::int32_t value) { return [value](Tensor& tensor) { tensor.values.back() = value; }; };
  const Case cases[] = {
      {"layer.1.wq", [](Tensor& t) { t.type = DataType::kU8; },
       "w.safetensors: layer.1.wq: U8 [8, 8], expected I8 [8, 8]"},
      {"layer.0.w1",
       [](Tensor& t) {
         t.shape = {12, 8};
       },
       "w.safetensors: layer.0.w1: I8 [12, 8], expected I8 [8, 12]"},
      {"layer.0.bq", last(-(1 << 30) - 1),
       "w.safetensors: layer.0.bq[7]: -1073741825, expected -1073741824..1073741824"},
      {"layer.0.b1", last((1 << 30) + 1), "w.safetensors: layer.0.b1[11]: 1073741825, expected"},
      {"layer.0.predictor.q_shift", last(25), "w.safetensors: layer.0.predictor.q_shift[1]: 25, expected 0..24"},
      {"layer.1.predictor.k_shift", last(-1), "w.safetensors: layer.1.predictor.k_shift[1]: -1, expected 0..24"},
      {"layer.1.x.multiplier", last(-1), "w.safetensors: layer.1.x.multiplier[7]: -1, expected 0..2147483647"},
      {"layer.1.hidden.shift", last(63), "w.safetensors: layer.1.hidden.shift[11]: 63, expected 0..62"},
      {"layer.0.norm1.epsilon", last(-1), "w.safetensors: layer.0.norm1.epsilon[0]: -1, expected 0..2147483647"},
      {"layer.1.norm_final.shift", last(63), "w.safetensors: layer.1.norm_final.shift[0]: 63, expected 0..62"},
      {"h.0", [](Tensor& t) { t.type = DataType::kF32; }, "i.safetensors: h.0: F32, expected I32"},
  };
  for (const Case& bad : cases) {
    SmallWorkload small;
    auto& tensors = small.inputs.count(bad.tensor) != 0 ? small.inputs : small.weights;
    bad.spoil(tensors.at(bad.tensor));
    INFO(bad.tensor);
    CHECK_THAT(error_of(small), Catch::StartsWith(bad.message));
  }
}

TEST_CASE("Every parameter of docs/numerics.md is required and no other is accepted") {
  const SmallWorkload complete;
  for (const auto& [tensor, unused] : complete.weights) {
    SmallWorkload small;
    small.weights.erase(tensor);
    CHECK_THAT(error_of(small), Catch::StartsWith("w.safetensors: " + tensor + ": no such tensor"));
  }
  SmallWorkload small;
  small.weights["layer.2.wq"] = small.weights.at("layer.0.wq");
  CHECK(error_of(small) == "w.safetensors: 'layer.2.wq': not a parameter of a model of 2 layers");
}

TEST_CASE("The scale of h must be a positive number") {
  for (const char* scale : {"", "0", "-1", "nan", "inf", "1x"}) {
    SmallWorkload small;
    small.input_metadata["h_scale"] = scale;
    INFO(scale);
    CHECK_THAT(error_of(small),
               Catch::StartsWith("i.safetensors: __metadata__.h_scale: '" + std::string(scale) + "', expected"));
  }
  SmallWorkload small;
  small.input_metadata.clear();
  CHECK(error_of(small) == "i.safetensors: __metadata__.h_scale: missing");
}

TEST_CASE("A folder that is no workload is a user error") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(load_workload(folder.path() / "none"), UserError);
  CHECK_THAT(message_of<UserError>([&] { load_workload(folder.path()); }),
             Catch::EndsWith("workload.yaml: no such file"));
}
