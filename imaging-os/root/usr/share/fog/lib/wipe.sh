# shellcheck shell=bash
# Erasing a disk. Knows nothing of the server: any block device will do.

mebibyte=1048576

# $1 mode. True for those there are; whoever means none must lose nothing.
isWipeMode() { [[ $1 == fast || $1 == fastwipe || $1 == normal || $1 == full ]]; }

# $1 disk, $2 mode.
wipeDisk() {
    case $2 in
    fast | fastwipe) wipeFast "$1" ;;
    normal) overwrite "$1" /dev/zero "Writing zeros" ;;
    full)
        overwrite "$1" /dev/urandom "Pass 1 of 3, random" && overwrite "$1" /dev/urandom "Pass 2 of 3, random" &&
            overwrite "$1" /dev/zero "Pass 3 of 3, zeros"
        ;;
    *) return 1 ;;
    esac
}

# Begin and end of each partition first: their places are read from the table, which goes last.
wipeFast() {
    local hd=$1 number start sectors
    for number in $(partitionNumbers "$hd"); do
        start=$(partitionStart "$hd" "$number")
        sectors=$(partitionSectors "$hd" "$number")
        zeroEnds "$hd" "$start" "$sectors" || return 1
    done
    zeroEnds "$hd" 0 "$(diskSectors "$hd")"
}

# $1 disk, $2 first sector, $3 sectors. Zeros up to 1 MiB at both ends: signatures of all file systems, and both copies of a GPT, lie there.
zeroEnds() {
    local count=$(($3 < 2048 ? $3 : 2048))
    dd if=/dev/zero of="$1" bs=512 seek="$2" count="$count" conv=notrunc 2>/dev/null &&
        dd if=/dev/zero of="$1" bs=512 seek="$(($2 + $3 - count))" count="$count" conv=notrunc 2>/dev/null
}

# $1 disk, $2 source, $3 what is told. All of the disk, with a percentage.
overwrite() {
    local hd=$1 total done=0 part=$((64 * mebibyte)) now
    total=$(blockdev --getsize64 "$hd") || return 1
    while ((done < total)); do
        now=$((total - done < part ? total - done : part))
        head -c "$now" "$2" | dd of="$hd" bs="$mebibyte" seek="$((done / mebibyte))" conv=notrunc 2>/dev/null || return 1
        done=$((done + now))
        printf '\r * %s: %3d %%' "$3" $((done * 100 / total))
    done
    sync
    echo
}
