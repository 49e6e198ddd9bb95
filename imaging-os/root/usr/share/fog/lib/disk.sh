# shellcheck shell=bash
# A disk and its partitions, by the kernel's names. Sizes are in sectors of 512 bytes unless a name says bytes.

# $1 disk, $2 number. Its device: sda1, nvme0n1p1.
partitionDevice() { [[ $1 == *[0-9] ]] && echo "$1p$2" || echo "$1$2"; }

# $1 disk. Numbers of its partitions, ascending.
partitionNumbers() {
    local path
    for path in "/sys/block/${1##*/}/${1##*/}"*; do
        [[ -e $path/partition ]] && cat "$path/partition"
    done | sort -n
}

diskSectors() { cat "/sys/block/${1##*/}/size"; }

# $1 disk, $2 number.
partitionStart() { local p; p=$(partitionDevice "$1" "$2"); cat "/sys/block/${1##*/}/${p##*/}/start"; }
partitionSectors() { local p; p=$(partitionDevice "$1" "$2"); cat "/sys/block/${1##*/}/${p##*/}/size"; }

# $1 disk. gpt, dos, or nothing.
tableType() { sfdisk -d "$1" 2>/dev/null | sed -n 's/^label: //p'; }

# $1 disk, $2 number. True for the container of logical partitions, which exists on MBR disks only.
isExtended() {
    [[ $(tableType "$1") == dos ]] || return 1
    sfdisk -d "$1" 2>/dev/null | grep -qiE "^$(partitionDevice "$1" "$2") :.* type= *(0x)?(5|f|85)(,|\$)"
}

# $1 disk. The kernel takes over a new table; its nodes take a moment.
rereadTable() {
    local count
    for ((count = 0; count < 20; count++)); do
        sync
        blockdev --rereadpt "$1" 2>/dev/null && return 0
        # Loop devices know no other way; what they had of an earlier table would be in the way of the new one.
        partx -d "$1" 2>/dev/null
        partx -a "$1" 2>/dev/null && return 0
        sleep 0.5
    done
    return 1
}

# $1 device. Waits for its node.
waitForDevice() {
    local count
    for ((count = 0; count < 50; count++)); do
        [[ -b $1 ]] && return 0
        sleep 0.2
    done
    fatal "The partition $1 did not appear"
}

# $1 device. What blkid calls its content (ext4, ntfs, vfat …); nothing for what it does not know.
contentType() { blkid -p -o value -s TYPE "$1" 2>/dev/null; }

contentUuid() { blkid -p -o value -s UUID "$1" 2>/dev/null; }
