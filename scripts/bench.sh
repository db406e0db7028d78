#!/usr/bin/env bash
# Host speed: the simulation of one BERT-Base layer (loose, simple DRAM, one thread, files in memory), dense and sparse,
# on random input and on input with similar tokens, against the float32 sgemm of the dense matrix shapes. Prints medians
# of RUNS runs (5), dense and sparse in turn; no test depends on it.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target esact-bench -- --quiet
mkdir -p results

printf '%-7s %-8s %9s %9s %10s %12s %13s %13s\n' tokens input sgemm_ms dense_ms sparse_ms dense/sgemm sparse/sgemm sparse/dense
for tokens in 128 512; do
  for input in random similar; do
    workload=results/bert-base-$input-$tokens
    options=(--random --layers 1 --width 768 --heads 12 --ffn 3072 --tokens "$tokens" --out "$workload")
    [[ $input == similar ]] && options+=(--similar)
    [[ -f $workload/workload.yaml ]] || .venv/bin/esact-export "${options[@]}" >/dev/null
    for ((run = 0; run < ${RUNS:-5}; ++run)); do
      for enabled in false true; do build/bin/esact-bench "$workload" "spls.enabled=$enabled"; done
    done | .venv/bin/python -c '
import json, statistics, sys
runs = [json.loads(line) for line in sys.stdin]
median = lambda runs, key: statistics.median(run[key] for run in runs)
dense, sparse = runs[::2], runs[1::2]
dense_ms, sparse_ms = (1e3 * median(half, "simulation_s") for half in (dense, sparse))
dense_ratio, sparse_ratio = (median(half, "ratio") for half in (dense, sparse))
sgemm_ms = 1e3 * median(runs, "sgemm_s")
print(f"{sys.argv[1]:<7} {sys.argv[2]:<8} {sgemm_ms:9.1f} {dense_ms:9.1f} {sparse_ms:10.1f} "
      f"{dense_ratio:12.2f} {sparse_ratio:13.2f} {sparse_ms / dense_ms:13.2f}")' "$tokens" "$input"
  done
done
