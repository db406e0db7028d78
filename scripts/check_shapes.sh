#!/usr/bin/env bash
# Compares the virtual prototype with NumPy, tensor by tensor, on layers of every kind, head width and length up to the
# largest; prints a markdown table and how many runs were equal. Needs build/bin/esact-vp.
set -euo pipefail
cd "$(dirname "$0")/.."
OPENBLAS_NUM_THREADS=1 exec .venv/bin/python -m esact.shapes
