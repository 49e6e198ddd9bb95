# shellcheck shell=bash
# What both registrations send about the machine.

# shellcheck disable=SC2034 # used by the programs
# From here on mac and sysuuid hold base64, the live list instead of mac= of the kernel line.
registrationIdentity() {
    mac=$(encode "$(getMACAddresses)")
    sysuuid=$(encode "$(systemUuid)")
}

# Base64 of the Windows key that the firmware carries (ACPI table MSDM: 56 bytes of header before it), or nothing.
firmwareProductKey() {
    local table=/sys/firmware/acpi/tables/MSDM
    [[ ! -f $table ]] || tail -c +57 "$table" | base64
}
