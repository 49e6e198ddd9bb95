# shellcheck shell=bash
# Debian packages: which, fetched into the cache, unpacked. Nothing is installed on this machine.
#
# packages.lock holds one line a package: FILE SHA256. It is made anew only when apt's lists
# changed, so that a build is offline and repeatable in between.

apt_lists=/var/lib/apt/lists

# $1 folder of packages. apt with an empty status file computes the whole closure, as if nothing were installed.
apt_closure() {
    local archives=$1
    shift
    : >"$cache/empty-status"
    mkdir -p "$cache/apt" "$archives/partial"
    apt-get -qq -o Dir::State::status="$cache/empty-status" -o Dir::Cache="$cache/apt" \
        -o Dir::Cache::archives="$archives" -o APT::Install-Recommends=false \
        -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

package_names() { sed 's/#.*//' "$here/packages" | xargs; }

# The packages of the current kernel. linux-image-amd64 (Debian) or linux-image-generic (Ubuntu) is only a pointer to it, and Ubuntu has its
# modules in packages of their own.
kernel_packages() {
    local pointer image
    for pointer in linux-image-amd64 linux-image-generic; do
        image=$(kernel_depends "$pointer" | grep '^linux-image-') || continue
        { kernel_depends "$pointer" && kernel_depends "$image" && printf '%s\n' "$image"; } | sort -u
        return
    done
}

kernel_depends() { apt-cache depends "$1" 2>/dev/null | sed -n 's/^ *Depends: \(linux-\(image\|modules\)-[^ ]*\)$/\1/p'; }

packages_listed() { compgen -G "$apt_lists/*_Packages*" >/dev/null; }

# True if packages.lock is there and no older than apt's lists and our own list of names.
packages_current() {
    [[ -s $cache/packages.lock && ! $here/packages -nt $cache/packages.lock ]] || return 1
    [[ ! -d $apt_lists || ! $apt_lists -nt $cache/packages.lock ]]
}

packages_complete() {
    [[ -s $cache/packages.lock ]] || return 1
    (cd "$cache/archives" && awk '{print $2 "  " $1}' ../packages.lock | sha256sum --quiet --check) >/dev/null 2>&1
}

packages_fetch() {
    if packages_current && packages_complete; then return; fi
    if packages_resolve_and_download; then return; fi
    # Offline: the packages of last time are as good as they were then.
    if packages_complete; then
        say "packages could not be renewed: using those in the cache"
        touch "$cache/packages.lock"
        return
    fi
    die "packages could not be fetched: is a Debian mirror within reach? (apt-get update)"
}

packages_resolve_and_download() {
    local names kernel uris
    if ! packages_listed; then
        say "reading Debian's package lists"
        apt-get -qq update || return 1
    fi
    read -r -a names <<<"$(package_names)"
    mapfile -t kernel < <(kernel_packages)
    [[ ${#kernel[@]} -gt 0 ]] || die "no kernel package: neither linux-image-amd64 nor linux-image-generic is in apt's lists (Debian or Ubuntu on amd64 is needed)"
    say "fetching ${kernel[*]}, ${names[*]} and their libraries"
    # --print-uris leaves out what is in the folder already: it is asked about an empty one.
    uris=$({ apt_closure "$cache/apt/none" --print-uris install "${names[@]}" && apt_closure "$cache/apt/none" --print-uris download "${kernel[@]}"; }) || return 1
    apt_closure "$cache/archives" -y --download-only install "${names[@]}" >"$cache/apt.log" 2>&1 || { cat "$cache/apt.log" >&2; return 1; }
    (cd "$cache/archives" && apt_closure "$cache/archives" download "${kernel[@]}" >"$cache/apt.log" 2>&1) || { cat "$cache/apt.log" >&2; return 1; }
    local file
    awk '{print $2}' <<<"$uris" | sort -u | while read -r file; do
        (cd "$cache/archives" && sha256sum -- "$file") | awk '{print $2, $1}'
    done >"$cache/packages.lock.new" || return 1
    mv "$cache/packages.lock.new" "$cache/packages.lock"
    packages_sweep
}

# Superseded versions would pile up with each kernel update.
packages_sweep() {
    local path
    for path in "$cache"/archives/*.deb; do
        grep -qF "${path##*/} " "$cache/packages.lock" || rm -f "$path"
    done
}

# Everything but the kernel, into one tree.
packages_unpack() {
    local file
    tree_merged "$1"
    while read -r file _; do
        [[ $file == linux-* ]] || package_unpack "$file" "$1"
    done <"$cache/packages.lock"
}

# A folder in which /bin, /sbin, /lib and /lib64 lead below /usr: packages of some releases have their files here, of others there.
tree_merged() {
    local name
    for name in bin sbin lib lib64; do
        mkdir -p "$1/usr/$name"
        ln -s "usr/$name" "$1/$name"
    done
}

# $1 a package in the cache, $2 a merged tree; the rest goes to tar.
package_unpack() { dpkg-deb --fsys-tarfile "$cache/archives/$1" | tar -x -C "$2" --keep-directory-symlink "${@:3}"; }
