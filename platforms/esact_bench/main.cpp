#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <systemc>
#include <vector>

#include "platforms/common/configuration.h"
#include "platforms/common/error.h"
#include "platforms/esact_vp/driver.h"
#include "platforms/esact_vp/image.h"
#include "platforms/esact_vp/machine.h"
#include "platforms/esact_vp/memory_map.h"

namespace {

using namespace esact::platform;
using Seconds = std::chrono::duration<double>;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

/// One float32 matrix product of the given shape, operands warm.
void multiply(int rows, int columns, int depth, std::vector<float>& a, std::vector<float>& b, std::vector<float>& c) {
  const auto grow = [](std::vector<float>& matrix, int height, int width) {
    matrix.resize(std::max<std::size_t>(matrix.size(), std::size_t(height) * std::size_t(width)), 1.0F);
  };
  grow(a, rows, depth);
  grow(b, depth, columns);
  grow(c, rows, columns);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, columns, depth, 1.0F, a.data(), depth, b.data(), columns,
              0.0F, c.data(), columns);
}

/// The dense layer's matrix products, and nothing else, by a float32 BLAS: median of five runs in seconds.
double plain_sgemm(const ModelShape& model, const std::vector<std::uint32_t>& sequences) {
  std::vector<float> a, b, c;
  const int width = static_cast<int>(model.width), ffn = static_cast<int>(model.ffn);
  const int head_width = static_cast<int>(model.head_width());
  const auto layer = [&] {
    for (std::uint32_t tokens : sequences) {
      const int rows = static_cast<int>(tokens);
      for (int projection = 0; projection < 4; ++projection) multiply(rows, width, width, a, b, c);
      for (std::uint32_t head = 0; head < model.heads; ++head) {
        multiply(rows, rows, head_width, a, b, c);
        multiply(rows, head_width, rows, a, b, c);
      }
      multiply(rows, ffn, width, a, b, c);
      multiply(rows, width, ffn, a, b, c);
    }
  };
  layer();
  std::vector<double> times;
  for (int run = 0; run < 5; ++run) times.push_back(seconds_of(layer) * model.layers);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

int bench(const std::string& folder, const std::vector<std::string>& sets) {
  const PlatformConfig config = load_configuration(std::nullopt, sets);
  const Workload workload = load_workload(folder, config.spls);
  const Image image(workload, config, 1);
  Machine machine("machine", config);
  Driver driver("driver", kCsrBase, image.ring_base(), image.ring_entries(), image.descriptors());
  machine.bind_host(driver.bus);
  driver.irq.bind(machine.irq);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  image.load(machine);
  const double simulation = seconds_of([&] { simulate(driver); });
  const double sgemm = plain_sgemm(workload.model, workload.sequences);
  fmt::print("{{\"simulation_s\": {:.6f}, \"sgemm_s\": {:.6f}, \"ratio\": {:.3f}}}\n", simulation, sgemm,
             simulation / sgemm);
  return driver.error() ? 1 : 0;
}

}  // namespace

/// SystemC's banner is for SystemC's own programs.
int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char* argv[]) {
  if (argc < 2) {
    std::cerr << "usage: esact-bench WORKLOAD [key=value]...\n"
                 "Times the simulation of a workload and the float32 sgemm of its dense shapes, one thread.\n";
    return 1;
  }
  openblas_set_num_threads(1);
  try {
    return bench(argv[1], {argv + 2, argv + argc});
  } catch (const UserError& error) {
    std::cerr << "esact-bench: " << error.what() << '\n';
    return 1;
  }
}
