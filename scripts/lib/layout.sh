# shellcheck shell=bash disable=SC2034,SC2154 # variables of the scripts that source this
# Where an installation lies, below $root. What fogd itself and the units name is without $root.

layout() {
  opt=$root/opt/fogd
  releases=$opt/releases
  state=$root/var/lib/fogd
  store=$state/fogd.sqlite
  backups=$state/backups
  settings=$root/etc/fogd/fogd.toml
  # Of the machine's own software; /etc/systemd/system stays the admin's, whose changes win.
  units=$root/usr/local/lib/systemd/system
  program=$root/usr/local/bin/fogd
  bash_completion=$root/usr/local/share/bash-completion/completions/fogd
  zsh_completion=$root/usr/local/share/zsh/site-functions/_fogd
}

# Those that are started; the order in which systemd starts them is theirs.
unit_names=(fogd.service fogd-nfs-bus.service fogd-nfs.service)

# Field $3 of the entry $2 in $1 (passwd or group).
account_field() { awk -F: -v name="$2" -v field="$3" '$1 == name { print $field }' "$root/etc/$1"; }

# Name of the account with the number $2 in $1.
account_name() { awk -F: -v id="$2" '$3 == id { print $1; exit }' "$root/etc/$1"; }

# In place of "does": in a dry run only told. $1: what it does, then the command.
change() {
  local what=$1
  shift
  if [ -n "$dry" ]; then
    printf 'would: %s\n' "$what"
  else
    say "$what"
    "$@"
  fi
}
