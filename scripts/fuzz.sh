#!/usr/bin/env bash
# Runs mutated inputs of every kind under the address and undefined-behaviour sanitizers and compares the layers that
# ran with NumPy; prints how many inputs of each target came to each outcome. docs/robustness.md says what is mutated.
# usage: scripts/fuzz.sh [INPUTS [SEED [PRESET]]]      1100000 inputs, seed 1, preset asan
set -euo pipefail
cd "$(dirname "$0")/.."

inputs=${1:-1100000}
seed=${2:-1}
preset=${3:-asan}
build=build-$preset
[[ $preset != release ]] || build=build
results=$build/fuzz
export ASAN_OPTIONS=abort_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1:abort_on_error=1

scripts/setup.sh
cmake --preset "$preset" >/dev/null
cmake --build "$build" --target esact-fuzz -- --quiet
rm -rf "$results"
mkdir -p "$results"

# What each process does: a name, its share of the inputs in thousandths, arguments.
shares=(
  'safetensors 460 safetensors'
  'device 45 device'
  'workload 45 workload'
  'config 45 config'
  'inputs 6 inputs'
  'weights 5 weights'
  'set 384 set'
  'small 6 device --device-set sram.bytes=65536 --device-set sram.allocation=contiguous'
  'stalls 4 device --device-set tlm.mode=approximate --device-set tlm.stall_permille=100
    --device-set mac_array.queue_depth=1 --device-set predictor.queue_depth=1 --device-set engine.queue_depth=1
    --device-set vector_unit.queue_depth=1 --device-set dma.queue_depth=1'
)

# fuzz NAME COUNT ARGUMENT...: one process; its table and what it complains about go to the results folder.
fuzz() {
  local name=$1 count=$2
  shift 2
  "$build/bin/esact-fuzz" "$@" --count "$count" --seed "$seed" --corpus testbenches/fuzz/corpus \
    --record "$results/$name.safetensors" >"$results/$name.tsv" 2>"$results/$name.log" && return
  echo "fuzz.sh: $name failed:"
  tail -n 40 "$results/$name.log"
  return 1
}

failed=0
running=0
for share in "${shares[@]}"; do
  read -r -d '' -a words <<<"$share" || true
  fuzz "${words[0]}" $((inputs * words[1] / 1000)) "${words[@]:2}" &
  running=$((running + 1))
  [[ $running -lt $(nproc) ]] || { wait -n || failed=1; running=$((running - 1)); }
done
while [[ $running -gt 0 ]]; do wait -n || failed=1; running=$((running - 1)); done

cat "$results"/*.tsv | awk -F '\t' '
  { count[$1 "\t" $2] += $3; total += $3 }
  END { for (key in count) printf "%s\t%d\n", key, count[key]; printf "~ total\t\t%d\n", total }' |
  sort | column -t -s $'\t'
for records in "$results"/{device,small,stalls}.safetensors; do
  [[ ! -e $records ]] || .venv/bin/python testbenches/fuzz/check_runs.py "$records" || failed=1
done
[[ $failed -eq 0 ]] || { echo "fuzz.sh: FAILED, see $results"; exit 1; }
echo "fuzz.sh: passed in $SECONDS s"
