# shellcheck shell=bash
# The built package as it lies in /opt/fogd/releases, one folder for each release; "current" points to the one in force. A release is
# never changed: its name ends with a hash of all that is in it.

# Paths of the npm packages that fogd needs at run time, as package-lock.json says; optional ones may be missing.
production_modules() {
  node -e '
    const { packages } = JSON.parse(require("fs").readFileSync("package-lock.json", "utf8"));
    for (const [path, { dev, devOptional }] of Object.entries(packages))
      if (path !== "" && !dev && !devOptional && require("fs").existsSync(path)) console.log(path);'
}

# Makes the release in a folder of its own and gives it its name; sets $release.
release_make() {
  mkdir -p "$releases"
  # Of an installation that was killed; the lock is held.
  rm -rf "$releases"/.new.*
  staging=$(mktemp -d "$releases/.new.XXXXXX")
  release_fill "$staging"
  release=$(release_name "$staging")
  if [ -d "$releases/$release" ]; then
    rm -rf "$staging"
    say "release $release: is there"
  else
    sync -f "$staging"
    mv -T "$staging" "$releases/$release"
    sync -f "$releases"
    say "release $release: made"
  fi
  staging=
}

release_fill() {
  local to=$1 unit
  mkdir -p "$to"/{dist,bin,var,systemd}
  cp -RL package.json README.md config docs "$to/"
  mkdir "$to/dist/scripts"
  cp -RL dist/src dist/services "$to/dist/"
  cp -L dist/scripts/{store,settings}.js "$to/dist/scripts/"
  cp -RL var/imaging-os "$to/var/"
  # The compiler's leavings and SQLite's source are of no use at run time: 20 MB of 28.
  production_modules >"$to/.modules"
  tar --create --dereference --exclude={better-sqlite3/{deps,src},build/Release/{obj,obj.target,.deps,*.a},test_extension.node} --files-from "$to/.modules" |
    tar --extract --directory "$to" --no-same-owner
  rm "$to/.modules"
  for unit in systemd/*; do sed "s|/usr/bin/node|$node|g" "$unit" >"$to/$unit"; done
  # As bin/fogd of a checkout, with the Node.js of the service.
  sed "s|^exec node |exec $node |" bin/fogd >"$to/bin/fogd"
  chmod -R u=rwX,go=rX "$to"
  chmod 755 "$to/bin/fogd"
}

release_name() {
  local version hash
  version=$(node -p 'require("./package.json").version')
  hash=$(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
  printf '%s-%s' "$version" "$hash"
}

# The release in force, as "releases/NAME"; empty: none.
release_current() { readlink "$opt/current" || true; }

# $1 as release_current says it; empty: none. In one step, so that the name is never missing.
release_point_to() {
  if [ -z "$1" ]; then
    rm -f "$opt/current"
  else
    ln -sfn "$1" "$opt/.current.new"
    mv -T "$opt/.current.new" "$opt/current"
  fi
  sync -f "$opt"
}

# All but the one in force and the one before ($1).
release_prune() {
  local folder
  for folder in "$releases"/*/; do
    folder=releases/$(basename "$folder")
    [ "$folder" = "$(release_current)" ] || [ "$folder" = "$1" ] || rm -rf "${opt:?}/$folder"
  done
}
