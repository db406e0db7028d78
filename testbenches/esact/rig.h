#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "platforms/common/report.h"
#include "platforms/common/safetensors.h"
#include "platforms/esact_vp/driver.h"
#include "platforms/esact_vp/image.h"
#include "platforms/esact_vp/machine.h"
#include "platforms/esact_vp/memory_map.h"
#include "platforms/esact_vp/run_recorder.h"

namespace esact {

/// Outputs by sequence.
using Outputs = std::vector<std::vector<std::int32_t>>;

/// One of the shipped workloads of testbenches/data/workloads.
inline std::string workload_folder(const std::string& name) {
  return std::string(ESACT_TEST_DATA) + "/workloads/" + name;
}

/// Smallest `sram.bytes` that runs a shipped workload in batches of `batch` sequences.
inline std::uint64_t minimum_sram(const std::string& workload, std::uint32_t batch = 1) {
  const platform::PlatformConfig config;
  const platform::Workload loaded = platform::load_workload(workload_folder(workload));
  const platform::Image image(loaded, config, batch);
  std::uint64_t bytes = 0;
  for (const platform::Batch& sequences : image.batches()) {
    bytes = std::max(bytes, minimum_sram_bytes(image.work(sequences, 0), config.esact));
  }
  return bytes;
}

/// A whole run of a shipped workload on a virtual prototype of its own, with the settings of `--set`.
class Run {
 public:
  explicit Run(const std::string& workload, const std::vector<std::string>& sets = {}, std::uint32_t batch = 1,
               const std::string& name = "machine")
      : config_(platform::load_configuration(std::nullopt, sets)),
        workload_(platform::load_workload(workload_folder(workload), config_.spls)),
        image_(workload_, config_, batch),
        machine_(name.c_str(), config_),
        driver_((name + "_driver").c_str(), platform::kCsrBase, image_.ring_base(), image_.ring_entries(),
                image_.descriptors()),
        recorder_(machine_, image_, [](std::size_t) {}) {
    machine_.bind_host(driver_.bus);
    driver_.irq.bind(machine_.irq);
  }

  /// Fills DRAM; after sc_start(SC_ZERO_TIME).
  void load() { image_.load(machine_); }

  /// Runs to the end; for a run that is alone in its simulation.
  Run& simulate() {
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    load();
    platform::simulate(driver_);
    return *this;
  }

  platform::Machine& machine() { return machine_; }
  platform::Driver& driver() { return driver_; }
  const platform::Image& image() const { return image_; }

  Outputs outputs() {
    Outputs outputs(workload_.sequences.size());
    for (const platform::Batch& batch : image_.batches()) {
      for (std::size_t position = 0; position < batch.sequences.size(); ++position) {
        outputs[batch.sequences[position]] = image_.output(machine_, batch, position);
      }
    }
    return outputs;
  }

  std::uint64_t cycles() const {
    std::uint64_t cycles = 0;
    for (const platform::BatchRecord& batch : report().batches) cycles += batch.cycles();
    return cycles;
  }

  platform::Report report() const {
    platform::Report report;
    report.esact = config_.esact;
    recorder_.fill(report);
    return report;
  }

 private:
  platform::PlatformConfig config_;
  platform::Workload workload_;
  platform::Image image_;
  platform::Machine machine_;
  platform::Driver driver_;
  platform::RunRecorder recorder_;
};

/// What the NumPy reference computed: `dense` or `sparse`, the workload's own knobs.
inline Outputs expected_outputs(const std::string& workload, const std::string& mode) {
  const auto file = platform::SafetensorsFile::read(workload_folder(workload) + "/expected-" + mode + ".safetensors");
  Outputs outputs;
  while (file.contains("h." + std::to_string(outputs.size()))) {
    outputs.push_back(file.view<std::int32_t>("h." + std::to_string(outputs.size())).to_vector());
  }
  return outputs;
}

}  // namespace esact
