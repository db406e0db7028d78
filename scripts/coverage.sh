#!/usr/bin/env bash
# Line coverage of modules/ and platforms/ by file and in total: under the C++ tests, or with --fuzz INPUTS under that
# many mutated inputs of each target. Builds into build-coverage/; a report to read goes to build-coverage/report/.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build-coverage
scripts/setup.sh
cmake --preset coverage >/dev/null
if [[ ${1:-} == --fuzz ]]; then
  cmake --build "$build" --target esact-fuzz -- --quiet
  find "$build" -name '*.gcda' -delete
  "$build/bin/esact-fuzz" --count "${2:?number of inputs of each target}" --corpus testbenches/fuzz/corpus
elif [[ $# -eq 0 ]]; then
  cmake --build "$build" -- --quiet
  find "$build" -name '*.gcda' -delete
  ctest --preset coverage --parallel "$(nproc)" --quiet ||
    { echo "coverage.sh: tests failed, see $build/Testing/Temporary/LastTest.log" >&2; exit 1; }
else
  echo "usage: scripts/coverage.sh [--fuzz INPUTS]" >&2
  exit 2
fi
mkdir -p "$build/report"
.venv/bin/gcovr --root . --object-directory "$build" --filter 'modules/' --filter 'platforms/' \
  --merge-mode-functions=merge-use-line-0 --html-details "$build/report/index.html" --txt
