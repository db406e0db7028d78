#!/usr/bin/env bash
# Runs clang-tidy over every C++ source of modules/, platforms/ and testbenches/; with --changed [REVISION] only over
# those that differ from REVISION (HEAD~1), or include a header that does.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
folders=('modules/*' 'platforms/*' 'testbenches/*')

# changed_sources REVISION: headers are looked at through the sources that include them.
changed_sources() {
  local file
  git diff --name-only --diff-filter=d "$1" -- "${folders[@]}" | while read -r file; do
    case $file in
      *.cpp) echo "$file" ;;
      *.h) git grep --files-with-matches --fixed-strings "${file#modules/}\"" -- '*.cpp' || true ;;
    esac
  done | sort --unique
}

case "${1:-}" in
  '') sources=$(git ls-files "${folders[@]}" | grep '\.cpp$') ;;
  --changed)
    revision=${2:-HEAD~1}
    git rev-parse --quiet --verify "$revision^{commit}" >/dev/null ||
      { echo "tidy.sh: no revision $revision to compare with, nothing is looked at"; exit 0; }
    sources=$(changed_sources "$revision")
    ;;
  *) echo "usage: scripts/tidy.sh [--changed [REVISION]]" >&2; exit 2 ;;
esac

# The consumer project has a build of its own.
sources=$(grep --invert-match '^testbenches/consumer/' <<<"$sources" || true)
[[ -n $sources ]] || { echo "tidy.sh: nothing changed"; exit 0; }
[[ -f build/compile_commands.json ]] || cmake --preset release >/dev/null
log=build/tidy.log
xargs --max-args=1 --max-procs="$(nproc)" clang-tidy --quiet -p build <<<"$sources" >"$log" 2>&1 ||
  { grep --invert-match 'warnings\? generated' "$log"; echo "tidy.sh: FAILED"; exit 1; }
echo "tidy.sh: $(wc -l <<<"$sources") sources, no findings"
