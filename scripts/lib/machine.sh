# shellcheck shell=bash
# What of this machine does not let fogd be installed. All of it is told at once, before anything is changed.

problems=0
problem() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  problems=$((problems + 1))
}

check_machine() {
  check_rights
  check_system
  check_node
  check_owners
  check_override
  check_space
  [ "$problems" -eq 0 ] || {
    printf '%s: nothing was changed\n' "${0##*/}" >&2
    exit 1
  }
}

check_rights() {
  [ "$(id -u)" = 0 ] || [ -n "$dry" ] || problem "only root can do this: sudo npm run ${0##*/}"
}

check_system() {
  local id version name
  if [ -n "$root" ]; then
    [ -d "$root/etc" ] || die "$root is no system: make one with debootstrap first"
  elif [ ! -d /run/systemd/system ]; then
    problem "systemd does not run this machine (its first process is $(cat /proc/1/comm)): here fogd runs with npm start"
  fi
  id=$(os_release ID) version=$(os_release VERSION_ID) name=$(os_release PRETTY_NAME)
  case "$id $version" in
    'debian 12' | 'debian 13' | 'ubuntu 24.04') ;;
    *) problem "${name:-this system} is not supported: Debian 12, Debian 13 or Ubuntu 24.04 is needed; elsewhere fogd runs with npm start" ;;
  esac
  local machine
  machine=$(uname -m)
  [ "$machine" = x86_64 ] || problem "the processor ($machine) is not supported: x86_64 is needed"
}

os_release() { sed -n "s/^$1=//p" "$root/etc/os-release" 2>/dev/null | tr -d '"'"'" || true; }

# Sets $node to the path of Node.js in the units.
check_node() {
  node=$(in_root sh -c 'command -v node') || true
  if [ -z "$node" ]; then
    problem "Node.js is missing${root:+ in $root}: install Node.js 20.19 or newer ($node_source)"
    return
  fi
  node_is_new_enough in_root || problem "Node.js $(in_root node --version) is too old: install 20.19 or newer ($node_source)"
  local real
  real=$(in_root readlink -f "$node")
  case $real in
    /home/* | /root/* | /run/*)
      problem "Node.js lies in $real, which the service does not see: install it for the whole machine ($node_source)"
      ;;
  esac
}

# Folders that are there already, of an earlier installation or of somebody else.
check_owners() {
  local uid owner
  for folder in "$opt" "${settings%/*}"; do
    [ -e "$folder" ] || continue
    [ -d "$folder" ] || { problem "$folder is no folder: move it away" && continue; }
    [ "$(stat -Lc %u "$folder")" = 0 ] || problem "$folder does not belong to root, and whoever it belongs to could change what fogd runs: chown -R root $folder"
    [ -z "$(find -H "$folder" -maxdepth 0 -perm /022)" ] || problem "$folder can be written by others: chmod go-w $folder"
  done
  [ "$(account_field passwd fogd 3)" != 0 ] || problem 'the user fogd is root by another name (uid 0): remove it from /etc/passwd'
  [ -e "$state" ] || return 0
  [ -d "$state" ] || { problem "$state is no folder: move it away" && return; }
  uid=$(stat -Lc %u "$state")
  owner=$(account_name passwd "$uid")
  # A number without a name is of the user of an installation that was removed; it is made again with that number.
  [ -z "$owner" ] || [ "$owner" = fogd ] || problem "$state belongs to $owner, not to fogd: if it is fogd's, chown -R fogd: $state (make the user first: useradd --system fogd); else move it away"
}

check_override() {
  local unit=$root/etc/systemd/system/fogd.service
  if [ -e "$unit" ]; then
    problem "$unit takes the place of the unit that is installed here: remove it (systemctl edit fogd changes single lines)"
  fi
}

# MiB that a release, its staging and the copies of the store may take.
check_space() {
  local size=0
  [ ! -f "$store" ] || size=$(($(stat -c %s "$store") / 1048576))
  need_space "$opt" 250
  need_space "$state" $((3 * size + 50))
}

need_space() {
  local folder=$1 free
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  free=$(df --output=avail -BM "$folder" | tail -n 1 | tr -dc 0-9)
  [ "$free" -ge "$2" ] || problem "the disk of $1 has $free MiB free and $2 MiB are needed: free space there"
}

# Reads "PROTOCOL PORT SETTING" lines; who else holds these ports, one line each. Told, never ended: it is not ours.
ports_in_the_way() {
  local protocol port setting holders pid unit
  while read -r protocol port setting; do
    holders=$(ss -Hlnp --"$protocol" "sport = :$port" 2>/dev/null) || continue
    [ -n "$holders" ] || continue
    pid=$(sed -n 's/.*pid=\([0-9]*\).*/\1/p' <<<"$holders" | head -n 1)
    if [ -z "$pid" ]; then
      printf 'port %s/%s is held by the kernel (an NFS server?): systemctl disable --now nfs-kernel-server, or change %s in %s\n' "$port" "$protocol" "$setting" "$settings"
      continue
    fi
    unit=$(sed -n 's/.*\/\([^/]*\.\(service\|socket\|scope\)\)$/\1/p' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
    [[ $unit != fogd*.service ]] || continue
    printf 'port %s/%s is held by %s (pid %s): ' "$port" "$protocol" "$(cat "/proc/$pid/comm")" "$pid"
    if [[ $unit == *.service ]]; then printf 'systemctl disable --now %s, ' "$unit"; else printf 'stop it, '; fi
    printf 'or change %s in %s\n' "$setting" "$settings"
  done
}
