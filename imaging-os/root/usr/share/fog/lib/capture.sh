# shellcheck shell=bash
# From a disk into a folder.

# The folder is the server's; it may hold what an earlier try left. Dot files are not ours.
prepareCaptureFolder() {
    dots "Preparing the capture folder"
    mkdir -p "$imagePath" && chmod -R 775 "$imagePath" && rm -Rf "${imagePath:?}"/* ||
        { echo "Failed"; fatal "Failed to create image capture path (prepareUploadLocation)"; }
    echo "Done"
    # FOS shows the lines of df whose path has "dev" in it.
    df -h /images | sed -n 's/^\(.*dev.*\)$/   \1/p'
}

# $1 disk, $2 folder. Writes the files of imgType= (protocol 5.5).
captureDisk() {
    local hd=$1 folder=$2 number
    # Every sector, whatever is on it.
    if [[ $imgType == dd ]]; then
        echo " * Capturing the whole disk ..."
        captureDevice "$hd" imager "$folder/$img"
        echo " * Image Captured"
        return
    fi
    [[ -n $(tableType "$hd") ]] || fatal "The disk $hd has no partition table"
    [[ -n $(partitionNumbers "$hd") ]] || fatal "The disk $hd has no partitions"
    case $imgType in
    n | N) captureResizable "$hd" "$folder" ;;
    mps) capturePlain "$hd" "$folder" ;;
    *) fatal "The image type $imgType comes with a later version: import FOS" ;;
    esac
}

capturePlain() {
    local hd=$1 folder=$2 number
    dots "Saving the partition table"
    saveTable "$hd" "$folder"
    saveSwap "$hd" "$folder"
    # With this type the file is there only when swap is.
    [[ -s $folder/d1.original.swapuuids ]] || rm -f "$folder/d1.original.swapuuids"
    echo "Done"
    for number in $(partitionNumbers "$hd"); do
        captureNumber "$hd" "$folder" "$number"
    done
}

# $1 disk, $2 folder, $3 number.
captureNumber() {
    local device fs
    isWanted "$3" || return 0
    isExtended "$1" "$3" && return 0
    device=$(partitionDevice "$1" "$3")
    fs=$(fileSystemName "$(contentType "$device")")
    [[ $fs == swap ]] && return 0
    [[ $fs == ntfs ]] && removePageFiles "$device"
    echo " * Capturing partition $3 ($fs) ..."
    captureDevice "$device" "$fs" "$2/d1p$3.img"
    echo " * Image Captured"
}

# $1 disk, $2 folder. Lines NUMBER UUID.
saveSwap() {
    local number device
    for number in $(partitionNumbers "$1"); do
        device=$(partitionDevice "$1" "$number")
        [[ $(contentType "$device") == swap ]] && echo "$number $(contentUuid "$device")"
    done >"$2/d1.original.swapuuids"
}

# The file systems are shrunk, and the partitions in the kernel's eyes (partclone notes their size); the disk's own table stays as it is,
# so that a machine that loses power here still boots. The smaller table goes into the image.
captureResizable() {
    local hd=$1 folder=$2 number device fs sectors original fixed=() shrunken=() minimum
    case $osid in
    1 | 2 | 4 | 5 | 6 | 7 | 9 | 10 | 11 | 50 | 51) ;;
    *) fatal "Invalid operating system id ($osid) for a resizable image" ;;
    esac
    dots "Saving the partition table"
    saveTable "$hd" "$folder"
    saveSwap "$hd" "$folder"
    echo "Done"
    minimum=$folder/d1.minimum.partitions
    cp "$folder/d1.partitions" "$minimum"
    : >"$folder/d1.original.fstypes"
    trap 'growBack' EXIT
    for number in $(partitionNumbers "$hd"); do
        isExtended "$hd" "$number" && { fixed+=("$number"); continue; }
        device=$(partitionDevice "$hd" "$number")
        fs=$(fileSystemName "$(contentType "$device")")
        blkid -p -o value -s TYPE "$device" 2>/dev/null | grep -qi bitlocker && fatal "The partition $number is encrypted by BitLocker: turn that off before a capture"
        if ! isResizable "$fs"; then
            fixed+=("$number")
            continue
        fi
        [[ $fs == ntfs ]] && removePageFiles "$device"
        dots "Shrinking partition $number ($fs)"
        sectors=$(shrinkFileSystem "$device" "$(resizePercent)" "$fs" 2>>/run/resize.log) || fatalFromSubshell
        echo "Done"
        if [[ -z $sectors ]]; then
            fixed+=("$number")
            continue
        fi
        original=$(partitionSectors "$hd" "$number")
        sectors=$(wholeMebibytes "$sectors" "$original")
        shrunk+=("$hd $number $original $fs")
        echo "$device $fs" >>"$folder/d1.original.fstypes"
        shrinkInDump "$minimum" "$number" "$sectors"
        resizepart "$hd" "$number" "$sectors" || fatal "The kernel does not take the smaller size of partition $number"
    done
    (IFS=:; echo "${fixed[*]}") >"$folder/d1.fixed_size_partitions"
    [[ $(tableType "$hd") == gpt ]] && cp "$minimum" "$folder/d1.shrunken.partitions"
    ((${#fixed[@]} < $(partitionNumbers "$hd" | wc -l))) || echo " * No partition could be shrunk"
    for number in $(partitionNumbers "$hd"); do
        captureNumber "$hd" "$folder" "$number"
    done
    dots "Restoring the sizes"
    growBack
    trap - EXIT
    echo "Done"
}

# Lines DISK NUMBER SECTORS FILE-SYSTEM.
shrunk=()

# The disk gets back what it had, also when the capture breaks off.
growBack() {
    local hd number sectors fs
    while read -r hd number sectors fs; do
        [[ -n $hd ]] || continue
        resizepart "$hd" "$number" "$sectors" && growFileSystem "$(partitionDevice "$hd" "$number")" "$fs" ||
            echo " * Partition $number keeps the smaller file system"
    done < <(printf '%s\n' "${shrunk[@]}") 2>>/run/resize.log
    shrunk=()
}

# fatal ends the shell it runs in; in $(…) that is not this one. It has said and reported everything.
fatalFromSubshell() { exit 1; }

resizePercent() { ((pct >= 5 && pct < 100)) && echo "$pct" || echo 5; }

# $1 sectors, $2 most that there can be. Rounded up to 1 MiB.
wholeMebibytes() {
    local sectors=$((($1 + 2047) / 2048 * 2048))
    echo $((sectors < $2 ? sectors : $2))
}

# $1 dump, $2 number, $3 sectors.
shrinkInDump() {
    awk -v number="$2" -v sectors="$3" '
        { name = $0; sub(/ *:.*/, "", name) }
        /start=/ && match(name, /[0-9]+$/) && substr(name, RSTART) + 0 == number {
            sub(/size= *[0-9]+/, "size= " sectors)
        }
        { print }' "$1" >"$1.new" && cat "$1.new" >"$1" && rm "$1.new"
}
