# shellcheck shell=bash
# Progress and errors of the scripts.

say() { printf '== %s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}
