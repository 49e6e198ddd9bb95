# shellcheck shell=bash
# From one release to another, with the way back. The old one runs until the new one is whole, knows the settings and has migrated a copy
# of the store; the store is saved while nobody has it open.

as_fogd() { setpriv --reuid=fogd --regid=fogd --clear-groups --no-new-privs -- "$@"; }

# $1 a release, then what scripts/store.ts takes.
store_do() {
  local from=$1
  shift
  as_fogd "$node" "$opt/$from/dist/scripts/store.js" "$@"
}

# What the new release cannot do is found out while the old one runs on.
upgrade_try() {
  local new=$1 reason
  reason=$(as_fogd "$opt/$new/bin/fogd" check --config "$settings" 2>&1) ||
    upgrade_refuse "$new" "it does not understand the settings" "$reason"
  [ -e "$store" ] || return 0
  as_fogd mkdir -p -m 700 "$backups"
  reason=$(store_do "$new" save "$store" "$backups/trial.sqlite" 2>&1) ||
    upgrade_refuse "$new" "the store cannot be copied" "$reason"
  reason=$(store_do "$new" try "$backups/trial.sqlite" 2>&1) ||
    upgrade_refuse "$new" "it cannot migrate the store (tried on a copy)" "$reason"
  rm -f "$backups"/trial.sqlite*
}

upgrade_refuse() {
  rm -f "$backups"/trial.sqlite*
  [ "releases/$release" = "$(release_current)" ] || rm -rf "${opt:?}/$1"
  die "release $release was not taken: $2: $3
What was installed is unchanged${old:+ and goes on}."
}

# $1 new, $2 old release (empty: none).
upgrade_switch() {
  local new=$1 old=$2 started
  upgrade_try "$new"
  saved='' switching=yes
  trap 'upgrade_back "$new" "$old" "it was interrupted"' INT TERM HUP
  if systemctl -q is-active fogd.service; then
    say 'stopping fogd: running transfers finish first, deploys go on'
    systemctl stop fogd.service
  fi
  if [ -e "$store" ]; then
    saved=$backups/$(date +%Y%m%d-%H%M%S)-before-$release.sqlite
    local reason
    reason=$(store_do "$new" save "$store" "$saved" 2>&1) || upgrade_back "$new" "$old" "the store cannot be saved: $reason"
    say "store saved: $saved"
  fi
  upgrade_put "$new"
  started=$(date +%s)
  say 'starting fogd'
  systemctl start fogd.service 2>/dev/null || upgrade_back "$new" "$old" "it did not become ready: $(upgrade_reason "$started")"
  upgrade_answers || upgrade_back "$new" "$old" "it does not answer: $(upgrade_reason "$started")"
  trap - INT TERM HUP
  switching=
}

upgrade_put() {
  service_files "$1"
  release_point_to "$1"
  systemctl daemon-reload
  systemctl reset-failed fogd.service 2>/dev/null || true
}

# 3: it runs, and a service of it does not.
upgrade_answers() {
  local code=0
  "$program" status >/dev/null 2>&1 || code=$?
  [ "$code" = 0 ] || [ "$code" = 3 ]
}

# The line that fogd ended with, since $1 (seconds since the epoch).
upgrade_reason() {
  local text
  text=$(journalctl -q -u fogd.service --since "@$1" -o cat 2>/dev/null || true)
  { grep '^fogd: ' <<<"$text" || grep -E 'Error|failed|timed out' <<<"$text" || printf 'see journalctl -u fogd\n'; } | tail -n 1 | cut -c1-500
}

# The way back: never returns.
upgrade_back() {
  local new=$1 old=$2 why=$3 kept='' started
  switching=
  trap '' INT TERM HUP
  systemctl stop fogd.service || true
  if [ -z "$old" ]; then
    systemctl reset-failed fogd.service 2>/dev/null || true
    trap - INT TERM HUP
    die "fogd $release is installed and does not run: $why
Mend that, then: systemctl start fogd"
  fi
  if [ -n "$saved" ]; then
    kept=$(store_do "$old" back "$saved" "$store" "$backups/failed-$release.sqlite" 2>&1) ||
      die "release $release does not run ($why), and the store of before could not be put back: $kept
fogd is stopped; the store of before is $saved: copy it to $store as the user fogd, then ln -sfn $old $opt/current and systemctl start fogd"
  fi
  upgrade_put "$old"
  started=$(date +%s)
  systemctl start fogd.service 2>/dev/null || die "release $release does not run ($why), nor does the one before any more: $(upgrade_reason "$started")"
  [ "$new" = "$old" ] || rm -rf "${opt:?}/$new"
  die "release $release was not taken: $why
${old#releases/} runs again$([ "$kept" != 'put back' ] || printf ', with the store as it was; what the new one made of it is %s' "$backups/failed-$release.sqlite")."
}

# The newest five copies stay.
upgrade_prune() {
  [ -d "$backups" ] || return 0
  find "$backups" -maxdepth 1 -name '*-before-*.sqlite' | sort -r | tail -n +6 | xargs -r rm -f
}
