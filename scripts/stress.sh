#!/usr/bin/env bash
# Runs the workloads of adversarial sparsity under every way of allocation, compares all tensors with NumPy and prints
# the table of docs/allocation.md. Arguments go to `python -m esact.stress`. Needs build/bin/esact-vp.
set -euo pipefail
cd "$(dirname "$0")/.."
OPENBLAS_NUM_THREADS=1 exec .venv/bin/python -m esact.stress --out results/stress --run "$@"
