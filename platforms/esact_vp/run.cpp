#include "platforms/esact_vp/run.h"

#include <fmt/format.h>

#include <csignal>
#include <iostream>

#include "platforms/common/error.h"
#include "platforms/common/host.h"
#include "platforms/common/progress.h"
#include "platforms/common/report.h"
#include "platforms/common/table.h"
#include "platforms/esact_vp/driver.h"
#include "platforms/esact_vp/machine.h"
#include "platforms/esact_vp/memory_map.h"
#include "platforms/esact_vp/run_recorder.h"
#include "platforms/esact_vp/tensor_recorder.h"
#include "platforms/esact_vp/transaction_recording.h"

namespace esact::platform {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) {
  interrupted = 1;
}

/// Handles Ctrl-C as long as it lives.
class InterruptGuard {
 public:
  InterruptGuard() : before_(std::signal(SIGINT, on_interrupt)) {}
  ~InterruptGuard() { std::signal(SIGINT, before_); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  void (*before_)(int);
};

/// Final h of every sequence whose batch has gone through all layers.
void write_outputs(const std::filesystem::path& path, Machine& machine, const Image& image, std::size_t completed) {
  SafetensorsWriter file;
  file.set_metadata("h_scale", image.workload().h_scale);
  for (std::size_t index = 0; index < completed / image.layers(); ++index) {
    const Batch& batch = image.batches()[index];
    for (std::size_t position = 0; position < batch.sequences.size(); ++position) {
      const std::uint32_t sequence = batch.sequences[position];
      file.add<std::int32_t>(fmt::format("h.{}", sequence),
                             {image.workload().sequences[sequence], image.workload().model.width},
                             image.output(machine, batch, position));
    }
  }
  file.write(path);
}

nlohmann::ordered_json describe(const Workload& workload, std::uint32_t batch) {
  nlohmann::ordered_json description;
  description["folder"] = workload.folder.filename().string();
  description["model"] = workload.model.name;
  description["layers"] = workload.model.layers;
  description["width"] = workload.model.width;
  description["heads"] = workload.model.heads;
  description["ffn"] = workload.model.ffn;
  description["norm"] = workload.model.pre_ln ? "pre" : "post";
  description["causal"] = workload.model.causal;
  description["final_norm"] = workload.model.final_norm;
  description["sequences"] = workload.sequences;
  description["batch"] = batch;
  return description;
}

std::string describe(const DeviceError& error, const Image& image) {
  return fmt::format("layer {} of batch {}: ESACT stopped with error {} ({}) at address {:#x}",
                     error.index % image.layers(), error.index / image.layers(), static_cast<std::uint32_t>(error.code),
                     name(error.code), error.address);
}

}  // namespace

int run(const RunOptions& options) {
  const HostMeter meter;
  const PlatformConfig config = load_configuration(options.config, options.sets);
  const Workload workload = load_workload(options.workload, config.spls);
  const Image image(workload, config, options.batch);

  std::optional<TransactionRecording> transactions;
  const std::filesystem::path transactions_path = options.record_file.value_or(options.out / "transactions.bin");
  if (options.record) transactions.emplace(*options.record, transactions_path, options.record_data);
  Machine machine("machine", config, transactions ? &*transactions : nullptr);
  Driver driver("driver", kCsrBase, image.ring_base(), image.ring_entries(), image.descriptors());
  machine.bind_host(driver.bus);
  driver.irq.bind(machine.irq);

  ProgressBar progress(std::cerr, !options.quiet && standard_error_is_terminal(), image.descriptors().size(), "layers");
  RunRecorder recorder(machine, image, [&](std::size_t done) { progress.update(done); });
  std::optional<TensorRecorder> tensors;
  if (options.tensors) tensors.emplace(machine, image);
  if (transactions) transactions->start();
  sc_core::sc_start(sc_core::SC_ZERO_TIME);  // sockets carry debug accesses from here on
  image.load(machine);
  {
    const InterruptGuard guard;
    simulate(driver, [&] { return interrupted != 0 || (transactions && transactions->failed()); });
  }
  progress.clear();
  if (transactions) transactions->finish();

  Report report;
  report.config = effective(config, workload.spls);
  report.workload = describe(workload, options.batch);
  report.esact = config.esact;
  recorder.fill(report);
  report.host = meter.record();

  const EnergyModel energy;
  std::vector<std::string> written{(options.out / "report.json").string(),
                                   (options.out / "outputs.safetensors").string()};
  write_report(written[0], report, energy);
  write_outputs(written[1], machine, image, recorder.completed());
  if (tensors) {
    SafetensorsWriter file;
    tensors->fill(file);
    file.write(*options.tensors);
    written.push_back(options.tensors->string());
  }
  if (transactions) written.push_back(transactions_path.string());
  if (!options.quiet) std::cout << table(report, energy, written);
  if (driver.error()) {
    std::cerr << "esact-vp: " << describe(*driver.error(), image) << '\n';
    return 1;
  }
  return interrupted == 0 ? 0 : 130;
}

}  // namespace esact::platform
