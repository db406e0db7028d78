#!/usr/bin/env bash
# Builds everything into build/ and runs every check; quiet but for one line a step, and the output of what fails.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=()
logs=build/test-logs

# step NAME COMMAND...: runs the command; its output goes to a log, whose end is shown if it fails.
step() {
  local name=$1 start=$SECONDS log=$logs/$1.log verdict=passed
  shift
  "$@" >"$log" 2>&1 || { verdict=FAILED; failed+=("$name"); tail -n 100 "$log"; }
  printf '%-10s %s, %d s\n' "$name" "$verdict" $((SECONDS - start))
}

# number_of STEP PATTERN: the number in the last match of PATTERN in a step's log, 0 if there is none.
number_of() {
  local match
  match=$(grep --extended-regexp --only-matching "$2" "$logs/$1.log" 2>/dev/null | tail -n 1 || true)
  match=${match//[^0-9]/}
  echo "${match:-0}"
}

scripts/setup.sh
mkdir -p "$logs"
step configure cmake --preset release
[[ ${#failed[@]} -ne 0 ]] || step build cmake --build --preset release
[[ ${#failed[@]} -ne 0 ]] || step ctest ctest --preset release --parallel "$(nproc)"
step registers .venv/bin/python scripts/generate_registers.py --check
step format scripts/format.sh --check
step pytest .venv/bin/python -m pytest --quiet --rootdir scripts --config-file scripts/pyproject.toml scripts/tests

tests=$(number_of ctest 'tests failed out of [0-9]+')
broken=$(number_of ctest '[0-9]+ tests failed')
echo "ctest: $((tests - broken)) passed, $broken failed"
echo "pytest: $(number_of pytest '[0-9]+ passed') passed, $(number_of pytest '[0-9]+ failed') failed"
[[ ${#failed[@]} -eq 0 ]] || { echo "test.sh: FAILED: ${failed[*]}"; exit 1; }
echo "test.sh: passed in $SECONDS s"
