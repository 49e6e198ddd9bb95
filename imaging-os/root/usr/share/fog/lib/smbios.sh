# shellcheck shell=bash
# The firmware's tables as dmidecode prints them, read once: one run for each value costs seconds on slow machines.

# Values by dmidecode's own keywords (system-uuid ...), each as one line; of several processors all, joined by blanks.
declare -gA smbios

loadSmbios() {
    local keyword value
    smbios=()
    while IFS=$'\t' read -r keyword value; do
        smbios[$keyword]=$(oneLine "${smbios[$keyword]} $value")
    done < <(dmidecode -q -t 0 -t 1 -t 2 -t 3 -t 4 2>/dev/null | awk -f /usr/share/fog/lib/smbios.awk)
}
