#include "esact/rig.h"

namespace esact {
namespace {

void check(const std::string& workload, const std::string& mode, std::uint32_t batch = 1) {
  Run run(workload, mode == "dense" ? std::vector<std::string>{"spls.enabled=false"} : std::vector<std::string>{},
          batch);
  CHECK(run.simulate().outputs() == expected_outputs(workload, mode));
  CHECK_FALSE(run.driver().error());
}

}  // namespace

TEST_CASE("Post-LN, widths that fill no tile: dense") {
  check("post-odd", "dense");
}
TEST_CASE("Post-LN, widths that fill no tile: sparse") {
  check("post-odd", "sparse");
}
TEST_CASE("Post-LN, three sequences in a batch: dense") {
  check("post-odd", "dense", 3);
}
TEST_CASE("Post-LN, three sequences in a batch: sparse") {
  check("post-odd", "sparse", 3);
}
TEST_CASE("Pre-LN, causal, final norm: dense") {
  check("pre-causal", "dense");
}
TEST_CASE("Pre-LN, causal, final norm: sparse") {
  check("pre-causal", "sparse", 2);
}
TEST_CASE("Heads of 128: dense") {
  check("wide-head", "dense");
}
TEST_CASE("Heads of 128: sparse") {
  check("wide-head", "sparse");
}
TEST_CASE("Similar rows, an FFN of two chunks: dense") {
  check("similar", "dense");
}
TEST_CASE("Similar rows, an FFN of two chunks: sparse") {
  check("similar", "sparse");
}

TEST_CASE("Four sequences in a batch, final norm without causality: dense") {
  check("packed", "dense", 4);
}
TEST_CASE("Four sequences in a batch, final norm without causality: sparse") {
  check("packed", "sparse", 4);
}
TEST_CASE("Five sequences in a batch, post-LN and causal: dense") {
  check("streamed", "dense", 5);
}
TEST_CASE("Five sequences in a batch, post-LN and causal: sparse") {
  check("streamed", "sparse", 5);
}

TEST_CASE("Where every row is critical and every column kept, the sparse machine is the dense one") {
  Run run("post-odd", {"spls.window=1", "spls.k_q8=256"}, 3);
  CHECK(run.simulate().outputs() == expected_outputs("post-odd", "dense"));
  const platform::Report report = run.report();
  for (const platform::LayerRecord& layer : report.layers) CHECK(layer.counts.macs == layer.dense_macs);
}

TEST_CASE("Where every row is critical and every column kept: causal, pre-LN") {
  Run run("pre-causal", {"spls.window=1", "spls.k_q8=256"});
  CHECK(run.simulate().outputs() == expected_outputs("pre-causal", "dense"));
  const platform::Report report = run.report();
  for (const platform::LayerRecord& layer : report.layers) CHECK(layer.counts.macs == layer.dense_macs);
}

}  // namespace esact
