# shellcheck shell=bash
# The table files of an image (protocol 5.5), written at capture and put on a disk at deploy.

# $1 disk. Sectors before its first partition that may hold a boot loader, at most 1 MiB.
bootArea() {
    local first
    first=$(sfdisk -d "$1" | sed -n 's/.*start= *\([0-9]*\).*/\1/p' | sort -n | head -n1)
    case $first in
    # Old tables begin on the second track, and what lies between is not a boot loader's.
    '' | 8 | 63) echo 1 ;;
    *) echo $((first > 2048 ? 2048 : first)) ;;
    esac
}

# $1 disk, $2 folder. Writes d1.partitions, d1.mbr and the boot loader's markers.
saveTable() {
    local hd=$1 folder=$2 count
    sfdisk -d "$hd" >"$folder/d1.partitions" || fatal "The partition table of $hd cannot be read"
    count=$(bootArea "$hd")
    # Written through a pipe: a deploying client restores as many sectors as the file occupies, so it must have no holes (protocol 11.5).
    dd if="$hd" bs=512 count="$count" 2>/dev/null | cat >"$folder/d1.mbr"
    if [[ $(tableType "$hd") == gpt ]]; then
        sgdisk -b "$folder/d1.mbr" "$hd" >/dev/null || fatal "The GPT of $hd could not be saved"
        hasGrub "$hd" && dd if="$hd" bs=512 count="$count" 2>/dev/null | cat >"$folder/d1.grub.mbr"
    else
        hasGrub "$hd" && : >"$folder/d1.has_grub"
        saveExtended "$hd" "$folder"
    fi
    return 0
}

hasGrub() { dd if="$1" bs=512 count=1 2>/dev/null | grep -q GRUB; }

# $1 MBR disk, $2 folder. The first sector of the container, which begins the chain of logical partitions.
saveExtended() {
    local number
    for number in $(partitionNumbers "$1"); do
        isExtended "$1" "$number" || continue
        dd if="$1" bs=512 skip="$(partitionStart "$1" "$number")" count=1 2>/dev/null >"$2/d1p$number.ebr"
    done
}

# $1 disk, $2 dump. Puts a table and the boot area of the image on the disk. Partition and disk ids come with the dump.
writeTable() {
    local hd=$1 dump=$2 folder=$imagePath boot=$imagePath/d1.mbr
    [[ -f $folder/d1.grub.mbr ]] && boot=$folder/d1.grub.mbr
    sgdisk --zap-all "$hd" >/dev/null 2>&1
    dd if=/dev/zero of="$hd" bs=512 count=2048 conv=notrunc 2>/dev/null
    if [[ -f $boot ]] && ! grep -q '^label: gpt' "$dump"; then
        dd if="$boot" of="$hd" bs=512 conv=notrunc 2>/dev/null
    fi
    # The last sector of the disk that was captured says nothing of this one.
    sed '/^last-lba:/d; /^first-lba:/d' "$dump" >/run/table
    sfdisk --no-reread --wipe always --wipe-partitions never "$hd" </run/table >/run/sfdisk.log 2>&1 ||
        fatal "The partition table could not be written to $hd:\n$(tail -n 3 /run/sfdisk.log)"
    # Boot code of both kinds of disks; the bytes behind it are the table's.
    [[ -f $boot ]] && dd if="$boot" of="$hd" bs=440 count=1 conv=notrunc 2>/dev/null
    rereadTable "$hd" || fatal "The kernel does not take the new partition table of $hd"
}

# $1 dump. Numbers of its partitions, ascending.
tableNumbers() { sed -n '/start=/s/^[^:]*[^0-9:]\([0-9][0-9]*\) *:.*/\1/p' "$1" | sort -n; }

# $1 dump. Sectors that a disk must have for it.
sectorsNeeded() {
    awk '
        /^label: gpt/ { tail = 34 }
        match($0, /start= *[0-9]+/) { start = substr($0, RSTART + 6, RLENGTH - 6) + 0
            match($0, /size= *[0-9]+/); size = substr($0, RSTART + 5, RLENGTH - 5) + 0
            if (start + size > end) end = start + size }
        END { print end + tail }' "$1"
}

# $1 disk, $2 dump. Refuses a disk with other sectors than those of the image.
checkSectorSize() {
    local wanted have
    wanted=$(sed -n 's/^sector-size: *//p' "$2")
    have=$(blockdev --getss "$1")
    [[ -z $wanted || $wanted == "$have" ]] || fatal "The disk $1 has sectors of $have bytes, the image of $wanted bytes"
}

# $1 disk, $2 dump. Refuses a disk that the table does not fit.
checkTarget() {
    local wanted have
    checkSectorSize "$1" "$2"
    wanted=$(sectorsNeeded "$2")
    have=$(diskSectors "$1")
    ((have >= wanted)) || fatal "The disk $1 is too small: it has $((have / 2048)) MiB, the image needs $((wanted / 2048)) MiB"
}
