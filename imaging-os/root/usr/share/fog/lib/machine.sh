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
    for wanted in ${fdrive//,/ }; do
        [[ -b $wanted ]] && { echo "$wanted"; return; }
    done
    for path in /sys/block/*; do
        name=${path##*/}
        # Without a device behind it: loop, ram, md. No size: an empty card reader or optical drive.
        [[ -e $path/device && $name != sr* && $(<"$path/size") -gt 0 ]] && echo "$(<"$path/removable") /dev/$name"
    done | sort -V | head -n1 | cut -d' ' -f2
}
