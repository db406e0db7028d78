#!/usr/bin/env bash
# Under the address and undefined-behaviour sanitizers: kernels, loaders, the fuzz corpus with some mutated inputs of
# every kind, and whole layers of a shipped workload, dense and sparse.
set -euo pipefail
cd "$(dirname "$0")/.."

log=build-asan/sanitize.log
mkdir -p build-asan
{ cmake --preset asan && cmake --build --preset asan --target kernels_testbench platforms_testbench esact-fuzz esact-vp; } \
  >"$log" 2>&1 || { tail -n 100 "$log"; echo "sanitize.sh: build FAILED"; exit 1; }
ctest --test-dir build-asan --parallel "$(nproc)" --output-on-failure --no-tests=error --tests-regex '^(kernels|platforms|fuzz):' \
  >"$log" 2>&1 || { tail -n 100 "$log"; echo "sanitize.sh: FAILED"; exit 1; }
grep 'tests passed' "$log"
for enabled in true false; do
  build-asan/bin/esact-vp run testbenches/data/workloads/post-odd --batch 3 --set spls.enabled=$enabled \
    --out build-asan/post-odd --quiet
done
echo "sanitize.sh: passed in $SECONDS s"
