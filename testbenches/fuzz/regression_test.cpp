#include "esact/host.h"

/// What esact-fuzz found in the device: descriptors that once read outside a buffer or shifted by too much. Inputs of
/// the readers are files in corpus/.
namespace esact {
namespace {

constexpr std::uint32_t kEntries = 8;

/// Runs `bad`, expects the given error, resets, and runs the shipped workload as it was.
void check(HostedMachine& hosted, Host& host, const Descriptor& bad, ErrorCode code, std::uint64_t address) {
  const std::uint64_t ring = hosted.image().ring_base();
  host.start(ring, kEntries);
  host.announce(ring, {bad});
  CHECK(host.wait_for_interrupt() == (registers::kStatusInterrupt | registers::kStatusError));
  const Descriptor failed = host.read_descriptor(ring, 0);
  CHECK(failed.error_code == static_cast<std::uint32_t>(code));
  CHECK(failed.error_address == address);
  CHECK(host.read(registers::kErrorCode) == failed.error_code);
  host.write(registers::kControl, registers::kControlSoftReset);
  host.wait_until_idle();

  hosted.load();
  host.start(ring, kEntries);
  host.announce(ring, hosted.image().descriptors());
  CHECK(host.wait_for_interrupt() == registers::kStatusInterrupt);
  CHECK(hosted.outputs() == expected_outputs("post-odd", "sparse"));
}

/// Writes `value` to `offset` of the first layer's parameter block and runs that layer.
template <typename Value>
void check_parameter(const std::function<std::uint64_t(const ParameterLayout&)>& offset, Value value) {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    const Descriptor& first = hosted.image().descriptors().front();
    const ParameterLayout layout(hosted.image().work(hosted.image().batches().front(), 0).shape);
    const std::uint64_t address = first.parameters + offset(layout);
    host.bus.write(address, &value, sizeof value);
    check(hosted, host, first, ErrorCode::kBadParameters, address);
  });
}

}  // namespace

TEST_CASE("Regression: a shift of more than 62") {
  check_parameter([](const ParameterLayout& layout) { return layout.attention().x_shift + 29; }, std::uint8_t{63});
}
TEST_CASE("Regression: a predictor shift of more than 24") {
  check_parameter([](const ParameterLayout& layout) { return layout.attention().predictor_shifts; }, std::uint8_t{25});
}
TEST_CASE("Regression: a bias beyond 2^30") {
  check_parameter([](const ParameterLayout& layout) { return layout.block().hidden_bias + 4 * 69; },
                  std::int32_t{(1 << 30) + 1});
}
TEST_CASE("Regression: a multiplier below 0") {
  check_parameter([](const ParameterLayout& layout) { return layout.block().increment_multiplier; }, std::int32_t{-1});
}
TEST_CASE("Regression: an epsilon below 0") {
  check_parameter(
      [](const ParameterLayout& layout) { return layout.attention().scalars + offsetof(LayerScalars, norm1_epsilon); },
      std::int32_t{-1});
}

TEST_CASE("Regression: an output that lies on what ESACT keeps in its scratch memory") {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) {
    const std::uint32_t longest = 2;
    Descriptor bad = hosted.image().descriptors()[longest * hosted.image().layers()];
    const ScratchLayout scratch(hosted.image().work(hosted.image().batches()[longest], 0), bad.scratch);
    bad.output_h = scratch.roots;
    check(hosted, host, bad, ErrorCode::kBadScratch, scratch.roots);
  });
}

TEST_CASE("Regression: an accelerator that is destroyed after sc_stop") {
  HostedMachine hosted("post-odd");
  hosted.simulate([&](Host& host) { host.wait_until_idle(); });
  sc_core::sc_stop();
}

}  // namespace esact
