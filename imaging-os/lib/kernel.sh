# shellcheck shell=bash
# The kernel package: vmlinuz and those modules that modules/ asks for.

# Unpacks without the parts that no module of ours depends on: 400 MB would take longer than the rest of the build.
kernel_unpack() {
    local file
    tree_merged "$1"
    while read -r file _; do
        [[ $file == linux-* ]] || continue
        package_unpack "$file" "$1" --exclude='*/drivers/gpu' --exclude='*/drivers/media' --exclude='*/drivers/infiniband' \
            --exclude='*/net/wireless' --exclude='*/drivers/staging' --exclude='*/drivers/iio' --exclude='*/kernel/sound' --exclude='*/usr/share'
    done <"$cache/packages.lock"
    depmod -b "$1" "$(kernel_version "$1")"
}

kernel_version() { basename "$1"/lib/modules/*; }

# Paths (from lib/ on) of the wanted modules and of all that they need.
kernel_modules() {
    local root=$1 version names name
    version=$(kernel_version "$root")
    read -r -a names <<<"$(sed 's/#.*//' "$here/modules" | xargs)"
    for name in "${names[@]}"; do
        modprobe -d "$root" -S "$version" --show-depends "$name" 2>/dev/null || die "no kernel module $name in $version"
    done | sed -n 's|^insmod .*/\(lib/modules/[^ ]*\).*|\1|p' | sort -u
}
