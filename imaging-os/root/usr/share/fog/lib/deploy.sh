# shellcheck shell=bash
# From a folder onto a disk.

# $1 disk, $2 folder. Nothing is written before it is known that the image fits.
deployDisk() {
    local hd=$1 folder=$2 table=/run/deploy.table number restored=0
    imagePath=$folder
    if [[ $imgType == dd ]]; then
        compgen -G "$folder/$img*" >/dev/null || fatal "The image has no $img.000"
        echo " * Restoring the whole disk ..."
        restoreDevice "$hd" "$folder/$img"
        rereadTable "$hd"
        return
    fi
    [[ -f $folder/d1.mbr || $imgType == n ]] || fatal "The image has no d1.mbr"
    case $imgType in
    n | N) scaledTable "$hd" "$folder" "$table" ;;
    mps)
        table=$(originalTable "$folder")
        checkTarget "$hd" "$table"
        ;;
    *) fatal "The image type $imgType comes with a later version: import FOS" ;;
    esac
    if [[ ${imgPartitionType:-all} == all || $imgPartitionType == mbr ]]; then
        dots "Writing the partition table"
        writeTable "$hd" "$table"
        echo "Done"
    fi
    [[ $imgPartitionType == mbr ]] && return
    # Of the table, not of what the kernel shows: a partition that does not appear is an error, not one to leave out.
    for number in $(tableNumbers "$table"); do
        deployNumber "$hd" "$folder" "$number" && restored=$((restored + 1))
    done
    ((restored > 0)) || fatal "No image file(s) found that would match the partition(s) to be restored"
}

originalTable() {
    local name
    for name in d1.partitions d1.original.partitions; do
        [[ -s $1/$name ]] && { echo "$1/$name"; return; }
    done
    fatal "The image has no partition table (d1.partitions)" >&2
    exit 1
}

# $1 disk, $2 folder, $3 result.
scaledTable() {
    local hd=$1 folder=$2 minimum=$2/d1.minimum.partitions original
    original=$(originalTable "$folder") || exit 1
    [[ -s $minimum ]] || minimum=$original
    checkSectorSize "$hd" "$original"
    awk -v sectors="$(diskSectors "$hd")" -v fixed="$(head -n 1 "$folder/d1.fixed_size_partitions" 2>/dev/null)" \
        -f "$fog_lib/scale.awk" "$minimum" "$original" >"$3" 2>/dev/null ||
        fatal "The disk $hd is too small: it has $(($(diskSectors "$hd") / 2048)) MiB, the image needs about $(($(sectorsNeeded "$minimum") / 2048)) MiB"
}

# $1 disk, $2 folder, $3 number. False if the image has nothing for it.
deployNumber() {
    local hd=$1 folder=$2 number=$3 device file uuid fs
    isWanted "$number" || return 1
    device=$(partitionDevice "$hd" "$number")
    waitForDevice "$device"
    [[ -e /sys/block/${hd##*/}/${device##*/}/partition ]] || fatal "The kernel does not show partition $number of $hd"
    uuid=$(awk -v number="$number" '$1 == number { print $2; exit }' "$folder/d1.original.swapuuids" 2>/dev/null)
    if [[ -n $uuid ]]; then
        mkswap -U "$uuid" "$device" >/dev/null || fatal "The swap area on $device could not be made"
        return 0
    fi
    file=$folder/d1p$number.img
    if [[ ! -f $file ]]; then
        isExtended "$hd" "$number" || echo " * Partition File Missing: ${file##*/}"
        return 1
    fi
    echo " * Restoring partition $number ..."
    restoreDevice "$device" "$file"
    fs=$(fileSystemName "$(contentType "$device")")
    [[ $fs == ntfs ]] && mendNtfsBoot "$device"
    if [[ $imgType == n || $imgType == N ]] && isResizable "$fs" && ! isFixed "$folder" "$number"; then
        dots "Growing partition $number ($fs)"
        growFileSystem "$device" "$fs" 2>>/run/resize.log && echo "Done" || { echo "Failed"; fatal "The file system on $device could not be grown\n$(tail -n 3 /run/resize.log)"; }
    fi
    echo " * Partition $number restored"
}

# $1 device. A boot sector of NTFS holds where its partition begins, and has a copy behind the volume, which partclone leaves out.
mendNtfsBoot() {
    local sectors
    partclone.ntfsfixboot -w "$1" >/dev/null 2>&1
    # The bad sectors of the disk that was captured are not this one's.
    ntfsfix --clear-bad-sectors "$1" >/dev/null 2>&1 && clearNtfsCheck "$1" 2>/dev/null
    sectors=$(od -An -t u8 -j 40 -N 8 "$1")
    ((sectors * 512 < $(blockdev --getsize64 "$1"))) || return 0
    dd if="$1" of="$1" bs=512 count=1 seek="$((sectors))" conv=notrunc 2>/dev/null
}

isFixed() { [[ :$(head -n 1 "$1/d1.fixed_size_partitions" 2>/dev/null): == *:$2:* ]]; }

# The admin's script, sourced with everything that is known here.
runPostDownload() {
    postdownpath=/images/postdownloadscripts/
    [[ -f ${postdownpath}fog.postdownload ]] || return 0
    dots "Running post download scripts"
    # shellcheck source=/dev/null
    . "${postdownpath}fog.postdownload"
    echo "Done"
}
