# shellcheck shell=bash
# What identifies this machine.

# MAC addresses of the real interfaces, lower case, in the kernel's order, joined by a vertical bar.
getMACAddresses() {
    local path
    for path in /sys/class/net/*; do
        # lo and other interfaces without a device behind them are no identity.
        [[ -e $path/device ]] && echo "$(<"$path/ifindex") $(<"$path/address")"
    done | sort -n | cut -d' ' -f2 | paste -sd'|'
}

# The UUID of the machine, lower case.
systemUuid() {
    local uuid
    uuid=$(oneLine "$(dmidecode -s system-uuid 2>/dev/null)")
    printf '%s' "${uuid,,}"
}

# The disk of this machine: a device of fdrive= that exists, else the first disk, fixed before removable. Nothing if there is none.
findDisk() {
    local wanted path name
    if [[ -n $fdrive ]]; then
        for wanted in ${fdrive//,/ }; do
            [[ -b $wanted ]] && { echo "$wanted"; return; }
            for path in /sys/block/*; do
                [[ -e $path/device ]] && isDisk "$path" "$wanted" && { echo "/dev/${path##*/}"; return; }
            done
        done
        return
    fi
    for path in /sys/block/*; do
        name=${path##*/}
        # Without a device behind it: loop, ram, md. No size: an empty card reader or optical drive.
        [[ -e $path/device && $name != sr* && $(<"$path/size") -gt 0 ]] && echo "$(<"$path/removable") /dev/$name"
    done | sort -V | head -n1 | cut -d' ' -f2
}

# $1 folder in /sys/block, $2 size in bytes, serial number or WWN (protocol 2.2, fdrive).
isDisk() {
    local file
    [[ $2 == $(($(<"$1/size") * 512)) ]] && return
    for file in "$1"/{serial,wwid,device/serial,device/wwid}; do
        [[ -r $file && $(tr -d ' \0' <"$file") == "$2" ]] && return
    done
    hdparm -I "/dev/${1##*/}" 2>/dev/null | grep -qE "(Serial Number|WWN Device Identifier): *$2 *$"
}

# The disk of this task, in hd. Fatal where there is none: another disk than the one that was named must never be touched.
chooseDisk() {
    hd=$(findDisk)
    [[ -n $hd ]] && return
    [[ -n $fdrive ]] && fatal "None of these disks is in this machine: $fdrive"
    fatal "No disk was found in this machine"
}
