# shellcheck shell=bash
# What of the system belongs to the service besides its program: user, folders, settings, units, the command. Each looks first.

service_user() {
  local uid='' gid=''
  if [ -n "$(account_field passwd fogd 3)" ]; then
    say 'user fogd: is there'
    return
  fi
  # The files of an installation that was removed belong to a number; it becomes the user's again.
  if [ -d "$state" ]; then
    uid=$(stat -Lc %u "$state") gid=$(stat -Lc %g "$state")
    [ -z "$(account_name group "$gid")" ] || gid=
  fi
  change "user fogd: make it (system user, no login${uid:+, number $uid})" service_user_make "$uid" "$gid"
}

service_user_make() {
  [ -n "$(account_field group fogd 3)" ] || in_root groupadd --system ${2:+--gid "$2"} fogd
  in_root useradd --system ${1:+--uid "$1"} --gid fogd --home-dir /var/lib/fogd --no-create-home --shell /usr/sbin/nologin --comment 'fogd boot service' fogd
}

service_folders() {
  service_folder 755 root:root "$opt"
  service_folder 755 root:root "$releases"
  service_folder 700 fogd:fogd "$state"
  service_folder 750 root:fogd "${settings%/*}"
}

# Mode and owner, by name, of a folder; a symbolic link to a folder elsewhere stays one.
service_folder() {
  local wanted
  # By number: the names are those of $root.
  wanted="$1 $(account_field passwd "${2%:*}" 3):$(account_field group "${2#*:}" 3)"
  if [ -d "$3" ] && [ "$(stat -Lc '%a %u:%g' "$3")" = "$wanted" ]; then
    say "$3: is there"
  else
    change "$3: folder with mode 0$1, owner $2" service_folder_make "$1" "${wanted#* }" "$3"
  fi
}

service_folder_make() {
  mkdir -p "$3"
  chown "$2" "$3"
  chmod "$1" "$3"
}

# The admin's own from the first moment on: never changed again.
service_settings() {
  if [ -e "$settings" ]; then
    say "$settings: is kept (all settings of this version: /opt/fogd/current/config/fogd.toml)"
  else
    change "$settings: all settings with their defaults, and nfs.start = \"service\"" service_settings_make
  fi
}

service_settings_make() {
  # systemd gives the NFS server the rights that fogd does not have.
  sed '/^\[nfs\]$/,/^\[/ s/^start = "child"$/start = "service"/' config/fogd.toml >"$settings.new"
  grep -qx 'start = "service"' "$settings.new" || die 'config/fogd.toml has no line start = "child" in [nfs]'
  chown "0:$(account_field group fogd 3)" "$settings.new"
  # A secret may be written into it.
  chmod 640 "$settings.new"
  sync "$settings.new"
  mv "$settings.new" "$settings"
}

# Units, command and completion of a release ($1 as release_current says it).
service_files() {
  local name from=$opt/$1
  mkdir -p "$units" "${program%/*}"
  for name in "${unit_names[@]}"; do install_file 644 "$from/systemd/$name" "$units/$name"; done
  install_link /opt/fogd/current/bin/fogd "$program"
  service_completion "$from"
}

install_file() {
  cmp -s "$2" "$3" && return
  install -m "$1" "$2" "$3.new"
  mv -T "$3.new" "$3"
}

install_link() {
  [ "$(readlink "$2")" != "$1" ] || return 0
  ln -sfn "$1" "$2.new"
  mv -T "$2.new" "$2"
}

# $1 a release. The NFS server is systemd's only where the settings say so; otherwise it must not start at boot.
service_enable() {
  local said nfs=enable
  [ "$(node "$opt/$1/dist/scripts/settings.js" nfs "$settings")" = service ] || nfs=disable
  said=$({ in_root systemctl enable fogd.service && in_root systemctl "$nfs" fogd-nfs-bus.service fogd-nfs.service; } 2>&1) ||
    die "the units could not be enabled: $said"
  [ -z "$root" ] || return 0
  if [ "$nfs" = enable ]; then nfs=start; else nfs=stop; fi
  systemctl "$nfs" fogd-nfs-bus.service fogd-nfs.service
}

service_completion() {
  local shell to cli=$1/dist/src/cli/fogd.js
  node "$cli" --help | grep -q '^  completion ' || return 0
  for shell in bash zsh; do
    to=${shell}_completion
    mkdir -p "$(dirname "${!to}")"
    node "$cli" completion "$shell" >"${!to}.new"
    mv -T "${!to}.new" "${!to}"
  done
}

# A folder of images elsewhere must be opened in the unit, which can write to the state folder only.
service_images() {
  local folder file=$units/fogd.service.d/images.conf
  folder=$(node "$opt/$1/dist/scripts/settings.js" images "$settings")
  if [ -z "$folder" ]; then
    rm -f "$file"
    return
  fi
  mkdir -p "${file%/*}"
  printf '# images.folder of /etc/fogd/fogd.toml, when fogd was installed.\n[Service]\nReadWritePaths="%s"\n' "$folder" >"$file.new"
  mv -T "$file.new" "$file"
}
