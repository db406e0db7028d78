#!/usr/bin/env bash
# Formats every C and C++ file; with --check changes nothing, names the files that are not formatted, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

sources() { find modules platforms testbenches -name '*.h' -o -name '*.cpp' -o -name '*.c'; }

case "${1:-}" in
  '') sources | xargs clang-format -i ;;
  --check)
    unformatted=$(sources | xargs clang-format --dry-run 2>&1 | grep --only-matching '^[^: ]*\.[a-z]*:' | sort --unique || true)
    [[ -z $unformatted ]] || { printf 'not formatted, run scripts/format.sh:\n%s\n' "${unformatted//:/}"; exit 1; }
    ;;
  *) echo "usage: scripts/format.sh [--check]" >&2; exit 2 ;;
esac
