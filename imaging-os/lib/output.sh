# shellcheck shell=bash
# bzImage, init.xz, memtest.bin, memtest.efi and manifest.json. The manifest is written last and names the others' hashes,
# so that whatever a killed build leaves is never taken for a result.

# $1 folder, $2 inputs' hash. True if the folder holds exactly what these inputs give.
output_current() {
    local manifest=$1/manifest.json
    [[ -f $manifest ]] && grep -qF "\"inputs\": \"$2\"" "$manifest" || return 1
    sed -n 's/^ *{"file": "\([^"]*\)", .*"sha256": "\([0-9a-f]*\)"}.*/\2  \1/p' "$manifest" |
        (cd "$1" && sha256sum --quiet --check --strict) >/dev/null 2>&1
}

# zstd -9: -15 takes five times as long for 1 % less.
# Same bytes from the same tree: sorted names, one time stamp, no inode or device numbers, one compressor thread.
output_pack() {
    local tree=$1 kernel=$2 new=$3
    find "$tree" -exec touch -h -d @0 {} +
    (cd "$tree" && find . -print0 | sort -z | cpio --null --create --format=newc --reproducible --owner=+0:+0 --quiet) >"$work/init.cpio"
    zstd -q -T1 -9 "$work/init.cpio" -o "$new/init.xz"
    cp "$kernel"/boot/vmlinuz-* "$new/bzImage"
    cp "$work/debian/boot/memtest86+x64.bin" "$new/memtest.bin"
    cp "$work/debian/boot/memtest86+x64.efi" "$new/memtest.efi"
    chmod 0644 "$new"/*
}

output_manifest() {
    local new=$1 file sum
    {
        printf '{\n  "inputs": "%s",\n  "files": [\n' "$2"
        for file in bzImage memtest.bin memtest.efi init.xz; do
            sum=$(sha256sum "$new/$file")
            printf '    {"file": "%s", "size": %s, "sha256": "%s"}%s\n' "$file" "$(stat -c %s "$new/$file")" "${sum%% *}" "$([[ $file == init.xz ]] || echo ,)"
        done
        printf '  ],\n  "unpackedSize": %s,\n  "packages": [\n' "$(stat -c %s "$work/init.cpio")"
        # FILE is NAME_VERSION_ARCH.deb, with the epoch's colon as %3a.
        sed 's/^\([^_]*\)_\([^_]*\)_[^ ]* \(.*\)/    {"name": "\1", "version": "\2", "sha256": "\3"}/; s/%3a/:/; $!s/$/,/' "$cache/packages.lock"
        printf '  ]\n}\n'
    } >"$new/manifest.json"
}

output_publish() {
    local new=$1 out=$2
    sync "$new"/*
    rm -f "$out/manifest.json"
    mv "$new"/{bzImage,memtest.bin,memtest.efi,init.xz} "$out/"
    mv "$new/manifest.json" "$out/"
}

output_summary() { (cd "$1" && stat -c '%n %s bytes' bzImage init.xz | paste -sd, | sed 's/,/, /'); }
