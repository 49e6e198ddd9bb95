# shellcheck shell=bash
# What partclone and the resizers can do with which content.

# $1 content type. FOG's word for it, as it stands in d1.original.fstypes.
fileSystemName() {
    case $1 in
    ext2 | ext3 | ext4) echo extfs ;;
    vfat) echo fat ;;
    ntfs | xfs | btrfs | exfat | f2fs | swap) echo "$1" ;;
    hfsplus) echo hfsp ;;
    *) echo imager ;;
    esac
}

# $1 file system. True for those that are shrunk at capture and grown at deploy.
isResizable() { [[ $1 == extfs || $1 == ntfs ]]; }

# Windows writes page and hibernation files anew; they would fill the image.
# $1 device.
removePageFiles() {
    local folder=/run/windows file
    [[ $ignorepg -eq 1 ]] || return 0
    mkdir -p "$folder"
    modprobe -q fuse 2>/dev/null
    # A volume that Windows left in use cannot be mounted for writing; partclone will say so.
    ntfs-3g -o noatime "$1" "$folder" 2>/dev/null || return 0
    for file in pagefile.sys hiberfil.sys swapfile.sys; do
        rm -f "$folder/$file"
    done
    umount "$folder"
}

# $1 device, $2 percent of room to leave. Shrinks the file system and prints the sectors that it needs; nothing if it stays as it is.
shrinkFileSystem() {
    case $3 in
    extfs) shrinkExt "$1" "$2" ;;
    ntfs) shrinkNtfs "$1" "$2" ;;
    esac
}

shrinkExt() {
    local block blocks minimum wanted sectors
    checkExt "$1" || fatal "The file system on $1 is damaged: repair it with e2fsck first"
    block=$(dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block size: *//p')
    blocks=$(dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Block count: *//p')
    minimum=$(resize2fs -P "$1" 2>/dev/null | sed -n 's/.*: *\([0-9]*\)$/\1/p')
    [[ -n $block && -n $blocks && -n $minimum ]] || fatal "The size of the file system on $1 cannot be read"
    wanted=$((minimum * (100 + $2) / 100 + 1048576 / block))
    ((wanted < blocks)) || return 0
    resize2fs "$1" "$((wanted * block / 1024))K" >&2 || fatal "The file system on $1 could not be shrunk"
    sectors=$((wanted * block / 512))
    echo "$sectors"
}

# 0 is clean, 1 is repaired.
checkExt() {
    e2fsck -fp "$1" >&2
    (($? <= 1))
}

shrinkNtfs() {
    local now minimum wanted slack
    now=$(($(blockdev --getsize64 "$1")))
    # Without --force it refuses a volume that Windows wants to check.
    if ntfsresize --info --no-progress-bar "$1" 2>&1 | grep -qi 'scheduled for check'; then
        fatal "The NTFS volume on $1 was not shut down cleanly: shut Windows down fully (no fast start-up), run chkdsk /f, and capture again"
    fi
    minimum=$(ntfsresize --info --force --no-progress-bar "$1" 2>&1 | tee /run/ntfsresize.log | sed -n 's/^You might resize at \([0-9]*\) bytes.*/\1/p')
    if [[ -z $minimum ]]; then
        # Its own words for a volume that is full or cannot be moved are no error.
        grep -qiE 'nothing to do|full|no shrink' /run/ntfsresize.log && return 0
        fatal "The NTFS volume on $1 cannot be resized: shut Windows down fully (no fast start-up), run chkdsk /f, and capture again\n$(tail -n 3 /run/ntfsresize.log)"
    fi
    # Windows needs room of its own to start.
    slack=$((minimum * $2 / 100))
    ((slack < 524288000)) && slack=524288000
    wanted=$(((minimum + slack) / 1048576 * 1048576 + 1048576))
    ((wanted < now)) || return 0
    # --force once leaves the question, twice does not.
    ntfsresize --force --force --no-progress-bar --size "$wanted" "$1" >&2 || fatal "The NTFS volume on $1 could not be shrunk"
    clearNtfsCheck "$1" || fatal "The NTFS volume on $1 is not clean after it was shrunk"
    echo $((wanted / 512))
}

# $1 device. ntfsresize marks what it resized for a check at the next start of Windows, and partclone refuses such a volume.
clearNtfsCheck() { ntfsfix --clear-dirty "$1" >&2; }

# $1 device, $2 file system. Grows it to its partition.
growFileSystem() {
    case $2 in
    extfs)
        checkExt "$1" && resize2fs "$1" >&2
        ;;
    ntfs)
        ntfsresize --force --force --no-progress-bar "$1" >&2 && clearNtfsCheck "$1"
        ;;
    esac
}
