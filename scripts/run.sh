#!/usr/bin/env bash
# From nothing to the first tables: exports real sentences and paragraphs, runs them dense and sparse on the model, and
# compares the embeddings with those of the float model. Everything lands in results/.
set -euo pipefail
cd "$(dirname "$0")/.."

times=()

# timed NAME COMMAND...: runs the command and notes its wall time.
timed() {
  local name=$1 start=$EPOCHREALTIME
  shift
  "$@"
  times+=("$(awk -v name="$name" -v from="$start" -v to="$EPOCHREALTIME" \
    'BEGIN { printf "%-32s %8.1f s", name, to - from }')")
}

# build: the executable; quiet unless it fails.
build() {
  local output
  output=$(cmake --preset release 2>&1 && cmake --build --preset release --target esact-vp 2>&1) ||
    { tail -n 50 <<<"$output"; exit 1; }
}

# run_both NAME: the exported workload NAME, dense and sparse.
run_both() {
  local workload=results/$1
  echo "== $1, dense"
  timed "$1: dense" build/bin/esact-vp run "$workload" --set spls.enabled=false --out "$workload/dense"
  echo "== $1, sparse"
  timed "$1: sparse" build/bin/esact-vp run "$workload" --out "$workload/sparse"
  echo "== $1, cosine similarity with the float model"
  timed "$1: evaluate" .venv/bin/esact-evaluate cosine "$workload" "$workload/dense/outputs.safetensors" \
    "$workload/sparse/outputs.safetensors"
}

timed setup scripts/setup.sh
timed build build
mkdir -p results
timed "banking77: export" .venv/bin/esact-export --model minilm --text data/banking77-test.csv --column text --limit 64 \
  --out results/banking77
timed "xquad: export" .venv/bin/esact-export --model minilm --text data/xquad-paragraphs.csv --column text --limit 8 \
  --max-tokens 256 --out results/xquad
run_both banking77
run_both xquad

echo "== time of each step"
printf '%s\n' "${times[@]}"
