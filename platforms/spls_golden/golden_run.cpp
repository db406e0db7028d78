#include "platforms/spls_golden/golden_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "platforms/esact_vp/driver.h"
#include "platforms/esact_vp/image.h"
#include "platforms/esact_vp/machine.h"
#include "platforms/esact_vp/memory_map.h"

namespace esact::platform {
namespace {

constexpr std::uint32_t kRingEntries = 64;

/// Where a case lies in DRAM.
struct Placement {
  std::uint64_t sequence_table = 0, input = 0, output = 0, parameters = 0, scratch = 0;
};

/// SPLS tensors of the layer that runs, in the order of the golden files.
struct Observation {
  std::vector<std::int32_t> pam, representative, ffn_root;
  std::vector<std::uint8_t> mask, needed_columns;

  explicit Observation(const LayerWork& work)
      : pam(std::size_t{work.shape.heads} * work.tokens() * work.tokens()),
        representative(std::size_t{work.shape.heads} * work.tokens()),
        ffn_root(work.tokens()),
        mask(pam.size()),
        needed_columns(representative.size()) {}
};

/// Listens to the machine and compares case after case.
class GoldenListener : public tlm::tlm_analysis_if<TensorRows>, public tlm::tlm_analysis_if<Completion> {
 public:
  GoldenListener(Machine& machine, const std::vector<GoldenCase>& cases) : machine_(machine), cases_(cases) {
    machine.esact.bind_tensors(*this);
    machine.esact.completions().bind(*this);
    for (const GoldenCase& golden : cases) results_.push_back({golden.name, {}});
    observation_.emplace_back(cases.front().work);
  }

  void write(const TensorRows& rows) override {
    if (completed_ % 2 == 1) return;  // the dense run
    Observation& seen = observation_.back();
    const std::string_view name = rows.tensor;
    if (name == "pam") copy(rows, seen.pam);
    if (name == "mask") copy(rows, seen.mask);
    if (name == "representative") copy(rows, seen.representative);
    if (name == "needed_columns") copy(rows, seen.needed_columns);
    if (name == "ffn_root") copy(rows, seen.ffn_root);
  }

  void write(const Completion& completion) override {
    EventCounts counts = machine_.esact.counts();
    EventCounts now = counts;
    counts -= before_;
    before_ = now;
    const GoldenCase& golden = cases_[completed_ / 2];
    GoldenResult& result = results_[completed_ / 2];
    if (completion.descriptor.status != static_cast<std::uint32_t>(DescriptorStatus::kDone)) return;
    if (completed_ % 2 == 0) {
      compare(golden.expected, observation_.back(), counts, result);
    } else {
      check(counts.macs == golden.expected.dense_macs, "dense_macs", result);
      check(counts.predictor_products == 0, "predictor_products of the dense run", result);
    }
    ++completed_;
    if (completed_ % 2 == 0 && completed_ / 2 < cases_.size()) {
      observation_.clear();
      observation_.emplace_back(cases_[completed_ / 2].work);
    }
  }

  /// Results; cases that the machine did not complete have failed.
  std::vector<GoldenResult> results(const std::string& reason) const {
    std::vector<GoldenResult> results = results_;
    for (std::size_t index = completed_ / 2; index < results.size(); ++index) {
      results[index].differences.push_back("not completed: " + reason);
    }
    return results;
  }

 private:
  template <class Element>
  void copy(const TensorRows& rows, std::vector<Element>& target) {
    const std::size_t tokens = cases_[completed_ / 2].work.tokens();
    const std::size_t head = rows.head < 0 ? 0 : static_cast<std::size_t>(rows.head);
    for (std::size_t row = 0; row < rows.tokens.size(); ++row) {
      std::memcpy(&target[(head * tokens + rows.tokens[row]) * rows.columns],
                  static_cast<const Element*>(rows.data) + row * rows.columns, rows.columns * sizeof(Element));
    }
  }

  static void check(bool equal, const char* what, GoldenResult& result) {
    if (!equal) result.differences.emplace_back(what);
  }

  static void compare(const GoldenExpectation& expected, const Observation& seen, const EventCounts& counts,
                      GoldenResult& result) {
    check(seen.pam == expected.pam, "pam", result);
    check(seen.mask == expected.mask, "mask", result);
    check(seen.representative == expected.representative, "representative", result);
    check(seen.needed_columns == expected.needed_columns, "needed_columns", result);
    check(seen.ffn_root == expected.ffn_root, "ffn_root", result);
    check(counts.macs == expected.macs, "macs", result);
    check(counts.predictor_products == expected.predictor_products, "predictor_products", result);
  }

  Machine& machine_;
  const std::vector<GoldenCase>& cases_;
  std::vector<GoldenResult> results_;
  std::vector<Observation> observation_;  ///< of the case that runs
  EventCounts before_;
  std::size_t completed_ = 0;  ///< descriptors: two a case
};

PlatformConfig configure(const std::vector<GoldenCase>& cases) {
  PlatformConfig config;
  config.dram.bytes = std::uint64_t{1} << 40;
  config.esact.ffn_array.projection_reuse = ProjectionReuse::kAlways;
  for (const GoldenCase& golden : cases) {
    for (bool enabled : {true, false}) {
      LayerWork work = golden.work;
      work.spls.enabled = enabled;
      config.esact.sram.bytes = std::max(config.esact.sram.bytes, minimum_sram_bytes(work, config.esact));
    }
  }
  return config;
}

std::vector<Placement> place(const std::vector<GoldenCase>& cases) {
  AddressCursor cursor(kDramBase + kRingEntries * kDescriptorBytes);
  std::vector<Placement> placements;
  for (const GoldenCase& golden : cases) {
    Placement placement;
    placement.sequence_table = cursor.take(sizeof(std::uint32_t));
    placement.input = cursor.take(golden.h.size() * sizeof(std::int32_t));
    placement.output = cursor.take(golden.h.size() * sizeof(std::int32_t));
    placement.parameters = cursor.take(golden.parameters.size());
    placement.scratch = cursor.take(scratch_bytes(golden.work));
    placements.push_back(placement);
  }
  return placements;
}

Descriptor describe(const GoldenCase& golden, const Placement& at, bool sparse) {
  LayerWork work = golden.work;
  work.spls.enabled = sparse;
  Descriptor descriptor = platform::describe(work);
  descriptor.sequence_table = at.sequence_table;
  descriptor.input_h = at.input;
  descriptor.output_h = at.output;
  descriptor.parameters = at.parameters;
  descriptor.scratch = at.scratch;
  descriptor.scratch_bytes = scratch_bytes(work);
  return descriptor;
}

void load(Machine& machine, const GoldenCase& golden, const Placement& at) {
  const auto write = [&](std::uint64_t address, const void* data, std::uint64_t bytes) {
    machine.debug(tlm::TLM_WRITE_COMMAND, address, const_cast<void*>(data), bytes);
  };
  const std::uint32_t tokens = golden.work.tokens();
  write(at.sequence_table, &tokens, sizeof tokens);
  write(at.input, golden.h.data(), golden.h.size() * sizeof(std::int32_t));
  write(at.parameters, golden.parameters.data(), golden.parameters.size());
}

}  // namespace

std::vector<GoldenResult> run_golden_cases(const std::vector<GoldenCase>& cases) {
  if (cases.empty()) return {};
  const std::vector<Placement> placements = place(cases);
  std::vector<Descriptor> descriptors;
  for (std::size_t index = 0; index < cases.size(); ++index) {
    for (bool sparse : {true, false}) descriptors.push_back(describe(cases[index], placements[index], sparse));
  }
  Machine machine("machine", configure(cases));
  Driver driver("driver", kCsrBase, kDramBase, kRingEntries, descriptors);
  machine.bind_host(driver.bus);
  driver.irq.bind(machine.irq);
  GoldenListener listener(machine, cases);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);  // sockets carry debug accesses from here on
  for (std::size_t index = 0; index < cases.size(); ++index) load(machine, cases[index], placements[index]);
  simulate(driver);
  return listener.results(driver.error() ? fmt::format("error {}", name(driver.error()->code)) : "");
}

}  // namespace esact::platform
