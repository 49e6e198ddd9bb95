# shellcheck shell=bash
# The initramfs as a folder: our own files over a few programs of Debian.

tree_make() {
    local tree=$1 debian=$2 kernel=$3
    mkdir -p "$tree"/{bin,etc,dev,proc,sys,run,tmp,root,var,images,lib64,usr/share/misc}
    # One folder for all programs: the kernel looks for /sbin/modprobe, admins' scripts for either.
    ln -s bin "$tree/sbin"
    ln -s ../bin "$tree/usr/bin"
    ln -s ../bin "$tree/usr/sbin"
    ln -s ../run "$tree/var/run"
    tree_busybox "$tree" "$debian"
    tree_programs "$tree" "$debian" bash curl dmidecode hdparm
    # Disks. Where BusyBox has a program of the same name, this one takes its place.
    tree_programs "$tree" "$debian" sfdisk sgdisk blkid blockdev mkswap badblocks e2fsck resize2fs dumpe2fs ntfsresize partx resizepart split pigz zstd \
        partclone.{extfs,fat,ntfs,exfat,xfs,btrfs,f2fs,hfsp,imager,restore,ntfsfixboot} ntfsfix ntfs-3g testdisk photorec chntpw
    tree_data "$tree" "$debian"
    tree_modules "$tree" "$kernel"
    tree_own_files "$tree"
}

tree_busybox() {
    local applet
    cp "$2/bin/busybox" "$1/bin/busybox"
    while read -r applet; do
        [[ $applet == busybox ]] || ln -s busybox "$1/bin/$applet"
    done < <("$1/bin/busybox" --list)
}

# Programs by their names, and the libraries that their own loader finds for them in the unpacked packages (not in this machine's).
tree_programs() {
    local tree=$1 debian=$2 name program library
    local libraries=$debian/usr/lib/x86_64-linux-gnu
    local loader=$libraries/ld-linux-x86-64.so.2
    mkdir -p "$tree/lib/x86_64-linux-gnu"
    for name in "${@:3}"; do
        program=$(compgen -G "$debian/usr/*bin/$name") || die "no package brings $name"
        rm -f "$tree/bin/$name"
        cp "$program" "$tree/bin/"
        "$loader" --inhibit-cache --library-path "$libraries" --list "$program" >"$work/libraries" || die "libraries of $name are missing"
        while read -r library; do
            [[ $library == "$debian"/* ]] || die "$name would take $library of this machine"
            [[ -e $tree/lib/x86_64-linux-gnu/${library##*/} ]] || cp -L "$library" "$tree/lib/x86_64-linux-gnu/"
        done < <(sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' "$work/libraries")
    done
    cp -L "$loader" "$tree/lib64/ld-linux-x86-64.so.2"
}

tree_data() {
    local tree=$1 debian=$2 entry
    cp "$debian/usr/share/misc/pci.ids" "$tree/usr/share/misc/"
    # The terminals a console can be; readline needs them for the debug shell.
    for entry in l/linux v/vt100 v/vt220; do
        mkdir -p "$tree/lib/terminfo/${entry%/*}"
        # Of one release in lib, of another in share.
        cp -L "$(compgen -G "$debian/usr/*/terminfo/$entry")" "$tree/lib/terminfo/$entry"
    done
}

tree_modules() {
    local tree=$1 kernel=$2 module version
    version=$(kernel_version "$kernel")
    kernel_modules "$kernel" >"$work/modules"
    while read -r module; do
        mkdir -p "$tree/${module%/*}"
        module_copy "$kernel/$module" "$tree/$module"
    done <"$work/modules"
    cp "$kernel/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$tree/lib/modules/$version/"
    depmod -b "$tree" "$version"
    # BusyBox reads the texts; kmod's binary forms of them would only be unpacked at each boot.
    rm -f "$tree/lib/modules/$version"/*.bin "$tree/lib/modules/$version"/modules.{symbols,builtin.modinfo,devname,order}
}

# The whole is compressed later, and better so; BusyBox unpacks no zstd.
module_copy() {
    case $1 in
        *.zst) zstd -q -d "$1" -o "${2%.zst}" ;;
        *.xz) xz -d -c "$1" >"${2%.xz}" ;;
        *) cp "$1" "$2" ;;
    esac
}

tree_own_files() {
    local tree=$1 path
    while read -r -d '' path; do
        mkdir -p "$tree/$(dirname "$path")"
        install -m 0644 "$here/root/$path" "$tree/$path"
        [[ $(head -c2 "$here/root/$path") == '#!' ]] && chmod 0755 "$tree/$path"
    done < <(cd "$here/root" && find . -type f -print0)
    find "$tree" -type d -exec chmod 0755 {} +
    chmod 1777 "$tree/tmp"
}
