# shellcheck shell=bash
# What people see.

clearScreen() { printf '\033[H\033[2J'; }

# The version comes from the server; any answer, none too, will do.
displayBanner() {
    local version
    version=$(curl -Lks "${web}service/getversion.php" 2>/dev/null | tr -d '\0')
    echo "+----------------------------------------------------------------------------+"
    echo "|  Imaging environment (stands in for FOS until FOS itself is imported)      |"
    printf '|  Server version: %-58.58s|\n' "$(oneLine "$version")"
    echo "|  A shell instead of an automatic run: isdebug=yes on the kernel line       |"
    echo "+----------------------------------------------------------------------------+"
    echo
}

# $1 text. The result is printed behind the dots.
dots() {
    local fill=..................................................
    printf ' * %s%s' "$1" "${fill:${#1}}"
}

# Debug runs stop at each step.
debugPause() {
    isDebug || return 0
    local key
    echo " * Press [Enter] to continue"
    read -r key
}

# $1 seconds, $2 what then happens. False if a person pressed s.
countDown() {
    local key end=$((SECONDS + $1))
    while read -r -s -n1 -t 0.01 key; do :; done
    while ((SECONDS < end)); do
        printf '\r * %s in %d seconds; press s to stop it.  ' "$2" $((end - SECONDS))
        # Without a console read fails at once.
        read -r -s -n1 -t 1 key || { ((end - SECONDS > 0)) && sleep 0.2; continue; }
        [[ ${key,,} == s ]] && { echo; return 1; }
    done
    echo
}

# $1 seconds. Waits before a restart; the key s opens a shell and ends the waiting.
pauseOrShell() {
    local key end=$((SECONDS + $1))
    # Keys typed before the question are no answer to it.
    while read -r -s -n1 -t 0.01 key; do :; done
    echo " * This computer restarts in $1 seconds; press s for a shell."
    while ((SECONDS < end)); do
        read -r -s -n1 -t "$((end - SECONDS))" key || break
        if [[ ${key,,} == s ]]; then
            /bin/fog.shell
            return
        fi
    done
    # Without a console read fails at once.
    ((SECONDS >= end)) || sleep "$((end - SECONDS))"
}

restart() {
    sync
    reboot -f
}
