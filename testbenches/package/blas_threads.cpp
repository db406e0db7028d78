#include <cblas.h>

#include <iostream>

#include "expected.h"
#include "platform.h"

/// A process that uses OpenBLAS itself: the number of threads that it chose is the same after a run of an accelerator,
/// and the accelerator's values do not depend on it.
int sc_main(int argc, char* argv[]) {
  if (argc != 3) return 1;
  constexpr int kThreads[] = {1, 2};
  int failed = 0;
  const int threads_at_start = openblas_get_num_threads();
  consumer::Platform platform("platform", esact::EsactConfig{}, argv[1]);
  if (openblas_get_num_threads() != threads_at_start) {
    std::cerr << "building an accelerator changed the number of threads\n";
    failed = 1;
  }
  for (const int threads : kThreads) {
    openblas_set_num_threads(threads);
    sc_core::sc_start(5, sc_core::SC_US);
    if (openblas_get_num_threads() != threads) {
      std::cerr << "running an accelerator changed the number of threads\n";
      failed = 1;
    }
  }
  sc_core::sc_start();
  if (openblas_get_num_threads() != kThreads[1]) failed = 1;
  if (!platform.host.done || platform.host.output != consumer::read_tensors(argv[2])) {
    std::cerr << "values differ\n";
    failed = 1;
  }
  return failed;
}
