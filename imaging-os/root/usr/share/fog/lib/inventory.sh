# shellcheck shell=bash
# The inventory: collected once, shown to people, posted.

# The order of the fields on the wire.
inventory_fields=(sysman sysproduct sysversion sysserial sysuuid systype biosversion biosvendor biosdate
    mbman mbproductname mbversion mbserial mbasset cpuman cpuversion cpucurrent cpumax mem hdinfo
    caseman casever caseserial caseasset gpuvendors gpuproducts)
declare -gA inventory

inventoryCollect() {
    loadSmbios
    inventory=(
        [sysman]=${smbios[system-manufacturer]} [sysproduct]=${smbios[system-product-name]} [sysversion]=${smbios[system-version]}
        [sysserial]=${smbios[system-serial-number]} [sysuuid]=${smbios[system-uuid],,} [systype]="Type: ${smbios[chassis-type]}"
        [biosversion]=${smbios[bios-version]} [biosvendor]=${smbios[bios-vendor]} [biosdate]=${smbios[bios-release-date]}
        [mbman]=${smbios[baseboard-manufacturer]} [mbproductname]=${smbios[baseboard-product-name]}
        [mbversion]=${smbios[baseboard-version]} [mbserial]=${smbios[baseboard-serial-number]} [mbasset]=${smbios[baseboard-asset-tag]}
        [cpuman]=${smbios[processor-manufacturer]} [cpuversion]=${smbios[processor-version]}
        # Servers are used to the labels in these four.
        [cpucurrent]="Current Speed: ${smbios[processor-current-speed]}" [cpumax]="Max Speed: ${smbios[processor-max-speed]}"
        [mem]=$(oneLine "$(grep MemTotal: /proc/meminfo)") [hdinfo]=$(diskInfo "$(findDisk)")
        [caseman]=${smbios[chassis-manufacturer]} [casever]=${smbios[chassis-version]}
        [caseserial]=${smbios[chassis-serial-number]} [caseasset]=${smbios[chassis-asset-tag]}
    )
    graphicsCards
}

# $1 device. hdparm's words for ATA disks; for others the same three facts from sysfs, in smartctl's words as FOS sends them.
diskInfo() {
    local info path=/sys/block/${1##*/} model firmware serial
    [[ -n $1 ]] || return
    info=$(oneLine "$(hdparm -i "$1" 2>/dev/null | grep Model=)")
    if [[ -z $info ]]; then
        # A virtio disk has no model: its driver says what it is.
        model=$(cat "$path/device/model" 2>/dev/null || basename "$(readlink "$path/device/driver")")
        firmware=$(cat "$path/device/firmware_rev" "$path/device/rev" 2>/dev/null)
        serial=$(cat "$path/device/serial" "$path/serial" 2>/dev/null)
        info="model=$(oneLine "$model"), fwrev=$(oneLine "$firmware"), serialno=$(oneLine "$serial")"
    fi
    printf '%s' "$info"
}

# Sets gpuvendors and gpuproducts: comma lists of the names of all PCI display controllers (class 03).
graphicsCards() {
    local path vendor device vendors=() products=()
    for path in /sys/bus/pci/devices/*; do
        [[ $(<"$path/class") == 0x03* ]] || continue
        vendor=$(<"$path/vendor") device=$(<"$path/device")
        vendors+=("$(pciName "${vendor#0x}")")
        products+=("$(pciName "${vendor#0x}" "${device#0x}")")
    done
    inventory[gpuvendors]=$(IFS=,; printf '%s' "${vendors[*]}")
    inventory[gpuproducts]=$(IFS=,; printf '%s' "${products[*]}")
}

# $1 vendor, $2 device (or none), as four hex digits. Prints the name from pci.ids, commas taken out, or the number.
pciName() {
    awk -v vendor="$1" -v device="$2" '
        /^[0-9a-f]/ { if (inside) exit; inside = $1 == vendor; if (inside && device == "") { name = substr($0, 7); exit } }
        inside && /^\t[0-9a-f]/ && $1 == device { name = substr($0, 8); exit }
        END { gsub(/,/, "", name); print name == "" ? (device == "" ? vendor : device) : name }
    ' /usr/share/misc/pci.ids
}

inventoryShow() {
    local field
    echo
    for field in "${inventory_fields[@]}"; do
        printf '   %-14s %s\n' "$field" "${inventory[$field]}"
    done
    echo
}

# Any answer but an empty one ends it, an error text too (protocol 3.9): eleven calls, 2 s apart. False if none came.
inventoryPost() {
    local body="mac=${mac:-$(encode "$(getMACAddresses)")}" field res count
    for field in "${inventory_fields[@]}"; do
        body+="&$field=$(encode "${inventory[$field]}")"
    done
    for ((count = 0; count < 11; count++)); do
        res=$(post service/inventory.php "$body")
        [[ -n $res ]] && return 0
        sleep 2
    done
    return 1
}
