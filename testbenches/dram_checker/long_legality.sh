#!/usr/bin/env bash
# A million commands of each preset, scheduler, page policy and traffic through the legality checker.
# Usage: long_legality.sh [build folder] [commands]
set -euo pipefail
cd "$(dirname "$0")/../.."
export ESACT_LEGALITY_COMMANDS=${2:-1000000}
"${1:-build}/bin/dram_checker_testbench" "*legal*"
