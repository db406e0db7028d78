#!/usr/bin/env bash
# What the architecture's options are worth: cycles of one text of 256 tokens under each, as a markdown table
# (docs/exploration.md). Usage: scripts/ablation.sh [WORKLOAD]
set -euo pipefail
cd "$(dirname "$0")/.."

workload=${1:-results/xquad-256}
if [[ ! -f $workload/workload.yaml ]]; then
  mkdir -p results
  .venv/bin/python - >results/longest.csv <<'PYTHON'
import csv, sys
texts = [row["text"] for row in csv.DictReader(open("data/xquad-paragraphs.csv", encoding="utf-8"))]
csv.writer(sys.stdout).writerows([["text"], [max(texts, key=len)]])
PYTHON
  .venv/bin/esact-export --model minilm --text results/longest.csv --column text --limit 1 --max-tokens 256 \
    --out "$workload" >/dev/null
fi

# row NAME key=value...: one run, one row of the table.
row() {
  local name=$1 sets=() set
  shift
  for set in "$@"; do sets+=(--set "$set"); done
  build/bin/esact-vp run "$workload" "${sets[@]}" --out "$workload/ablation" --quiet
  .venv/bin/python - "$name" "$workload/ablation/report.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[2]))
blocks = {block["name"]: block for block in report["blocks"]}
busy = lambda name: 100 * blocks[name]["busy"] / (blocks[name]["units"] * blocks[name]["cycles"])
total = report["total"]
print(f"| {sys.argv[1]} | {total['cycles']:,} | {busy('mac_array'):.1f} | {busy('spls_predictor'):.1f} "
      f"| {sum(total['energy_pj'].values()) / 1e6:.0f} |")
PYTHON
}

echo "| configuration | cycles | MAC array busy, % | predictor busy, % | energy, uJ |"
echo "|---|---|---|---|---|"
row "dense (SPLS off)" spls.enabled=false
row "defaults"
row "\`predictor.progressive: false\`" predictor.progressive=false
row "\`mac_array.allocation: static\`" mac_array.allocation=static
row "both" predictor.progressive=false mac_array.allocation=static
for products in 512 1024 2048 4096 8192; do
  row "\`predictor.products_per_cycle: $products\`" "predictor.products_per_cycle=$products"
done
for reuse in always never; do row "\`projection.reuse: $reuse\`" "projection.reuse=$reuse"; done
