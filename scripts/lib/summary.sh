# shellcheck shell=bash
# What an admin wants to see at the end: what runs where, what is in the way, what to do next. Exit code 3 when a service does not run.

summary() {
  local code=0 text obstacles nfs
  text=$(summary_status) || code=$?
  printf '\n%s\n\n' "$text"
  printf '  settings    %s (after a change: systemctl restart fogd)\n' "$settings"
  printf '  state       %s (store, images, keys; only the user fogd)\n' "$state"
  printf '  program     %s -> %s\n' "$opt/current" "$(release_current)"
  printf '  log         journalctl -u fogd -u fogd-nfs\n\n'
  nfs=$(node "$opt/current/dist/scripts/settings.js" nfs "$settings")
  [ "$nfs" != child ] || printf 'nfs.start is "child" in %s: a service has no right to start the NFS server; set it to "service"\n\n' "$settings"
  summary_images
  obstacles=$(
    node "$opt/current/dist/scripts/settings.js" ports "$settings" | sort -u | ports_in_the_way
    ! systemctl -q is-enabled nfs-ganesha.service 2>/dev/null || printf 'nfs-ganesha.service starts at boot and takes the ports of fogd-nfs.service: systemctl disable nfs-ganesha\n'
  )
  [ -z "$obstacles" ] || printf 'In the way:\n%s\n\n' "$(sed 's/^/  /' <<<"$obstacles")"
  summary_next
  return "$code"
}

summary_images() {
  local folder
  folder=$(node "$opt/current/dist/scripts/settings.js" images "$settings")
  case $folder in
    /home/* | /root/*) printf 'images.folder is %s, and services see no home folders: move the images, for example to /srv/images\n\n' "$folder" ;;
  esac
}

# The status once nothing is starting any more, or after 20 s as it is then. What failed gets 5 s: its port may be free in a moment.
summary_status() {
  local text code start=$SECONDS
  while :; do
    code=0
    text=$("$program" status 2>&1) || code=$?
    if grep -qE ' (starting|degraded) ' <<<"$text"; then
      [ $((SECONDS - start)) -lt 20 ] || break
    else
      [ "$code" != 0 ] && [ $((SECONDS - start)) -lt 5 ] || break
    fi
    sleep 0.3
  done
  printf '%s\n' "$text"
  return "$code"
}

# The one that leads elsewhere; none: eth0, as an example.
summary_interface() {
  local name
  name=$(ip -o route get 192.0.2.1 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p') || true
  printf '%s' "${name:-eth0}"
}

summary_next() {
  printf 'Next:\n'
  if node "$opt/current/dist/scripts/settings.js" ports "$settings" | grep -q ' dhcp.mode$'; then
    printf '  1. DHCP answers (fogd status says where): nothing more is to be set for machines to find this server\n'
  else
    cat <<EOF
  1. Let machines find this server. Beside an existing DHCP server, set in $settings
       [dhcp]
       mode = "proxy"
       interfaces = ["$(summary_interface)"]
     then: systemctl restart fogd        (or leave DHCP to the other server: fogd dhcp advise)
EOF
  fi
  cat <<EOF
  2. Boot a PC from the network; see what became of it: fogd trace MAC, fogd host list
  3. First image: fogd image add base && fogd task capture HOST --image base
EOF
}
