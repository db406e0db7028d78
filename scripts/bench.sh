#!/usr/bin/env bash
# Host speed: the simulation of one random BERT-Base layer (loose, simple DRAM, one thread, files in memory) against the
# float32 sgemm of the same matrix shapes, for 128 and 512 tokens. Prints medians of five runs; no test depends on it.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target esact-bench >/dev/null
export OPENBLAS_NUM_THREADS=1
mkdir -p results

printf '%-8s %-7s %14s %10s %7s\n' tokens mode simulation_ms sgemm_ms ratio
for tokens in 128 512; do
  workload=results/bert-base-$tokens
  [[ -f $workload/workload.yaml ]] || .venv/bin/esact-export --random --layers 1 --width 768 --heads 12 --ffn 3072 \
    --tokens "$tokens" --out "$workload" >/dev/null
  for enabled in false true; do
    for _ in 1 2 3 4 5; do build/bin/esact-bench "$workload" "spls.enabled=$enabled"; done |
      .venv/bin/python -c '
import json, statistics, sys
runs = [json.loads(line) for line in sys.stdin]
simulation, sgemm, ratio = (
    statistics.median(run[key] for run in runs) for key in ("simulation_s", "sgemm_s", "ratio"))
mode = "sparse" if sys.argv[2] == "true" else "dense"
print(f"{sys.argv[1]:<8} {mode:<7} {1e3 * simulation:14.1f} {1e3 * sgemm:10.1f} {ratio:7.2f}")' "$tokens" "$enabled"
  done
done
