# shellcheck shell=bash
# Debian packages, on this machine or, with a folder in $root, in the system below it.

root=

in_root() { if [ -n "$root" ]; then chroot "$root" "$@"; else "$@"; fi; }

# Names in files: one a line; # begins a comment.
package_names() { sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$@" | sort -u; }

package_is_installed() { dpkg-query ${root:+--admindir="$root/var/lib/dpkg"} -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# Those of the packages in the files that are not installed, one a line.
missing_packages() {
  local package
  for package in $(package_names "$@"); do package_is_installed "$package" || printf '%s\n' "$package"; done
}

# Packages with a server of their own that would start, now and at each boot, and take our ports.
server_packages=(nfs-ganesha isc-dhcp-server isc-dhcp-relay kea-dhcp4-server)

# $1: file for what apt says; the rest: packages that are not installed. None of their servers is started or stays enabled.
apt_install() (
  log=$1
  shift
  policy=$root/usr/sbin/policy-rc.d made_policy=
  if [ ! -e "$policy" ]; then
    made_policy=$policy
    trap 'rm -f "$made_policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  install=(apt-get install -y -q --no-install-recommends "$@")
  if ! in_root "${install[@]}" >"$log" 2>&1; then
    say 'Debian packages: fetching the package lists first'
    in_root apt-get update -q >"$log" 2>&1 || die "apt-get update failed ($(apt_reason "$log")): is a mirror within reach? See $log"
    in_root "${install[@]}" >>"$log" 2>&1 || die "apt-get could not install $* ($(apt_reason "$log")): mend that and run this again. See $log"
  fi
  disable_servers "$@" >>"$log" 2>&1
)

# Those of the packages that have one. A machine that systemd does not run starts none.
disable_servers() {
  local package unit
  for package in "${server_packages[@]}"; do
    [[ " $* " == *" $package "* ]] || continue
    in_root dpkg -L "$package" | sed -n 's|.*/systemd/system/\([^/@]*\.service\)$|\1|p' | while read -r unit; do
      in_root systemctl disable "$unit" || true
    done
  done
}

apt_reason() { grep -E '^(E|dpkg):' "$1" | tail -n 1 | cut -c1-200 || true; }

# $1: file for what apt says; the rest: files with names.
install_packages() {
  local log=$1 missing
  shift
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then
    say "Debian packages: all $(package_names "$@" | wc -l) are there"
    return
  fi
  [ "$(id -u)" = 0 ] || die "as root, run: apt-get install --no-install-recommends ${missing[*]}"
  say "Debian packages: installing ${missing[*]}"
  apt_install "$log" "${missing[@]}"
}
