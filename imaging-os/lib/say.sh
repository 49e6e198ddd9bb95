# shellcheck shell=bash
# Progress and errors of the build.

say() { printf 'imaging-os: %s\n' "$*"; }

die() {
    printf 'imaging-os: %s\n' "$*" >&2
    exit 1
}

# The tools and the packages that bring them are in host-packages.
require_host_tools() {
    local tool missing=()
    for tool in cpio xz zstd depmod modprobe flock apt-get dpkg-deb; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [[ ${#missing[@]} -eq 0 ]] && return
    die "missing on this machine: ${missing[*]}; run: apt-get install -y --no-install-recommends $(tr '\n' ' ' <"$here/host-packages")"
}
