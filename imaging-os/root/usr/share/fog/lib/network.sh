# shellcheck shell=bash
# Interfaces, link, DHCP, and the first call to the server (protocol 2.4 no. 2).

# Real interfaces, that of mac= first, then in the kernel's order.
interfacesToTry() {
    local path order
    for path in /sys/class/net/*; do
        [[ -e $path/device ]] || continue
        order=1
        [[ -n $mac && $(<"$path/address") == "${mac,,}" ]] && order=0
        echo "$order $(<"$path/ifindex") ${path##*/}"
    done | sort -n -k1,1 -k2,2 | cut -d' ' -f3
}

# On a slow machine the drivers are still loading when the 10 s are over: without an interface none of the attempts would be made. The one of
# mac= may come last (USB), but is not waited for long when others are there.
waitForInterface() {
    local tries interfaces
    for ((tries = 0; tries < 120; tries++)); do
        interfaces=$(interfacesToTry)
        if [[ -n $interfaces ]]; then
            [[ -z $mac || $tries -ge 20 ]] && return
            grep -qixF "$mac" /sys/class/net/*/address && return
        fi
        sleep 0.5
    done
}

# $1 interface. Up to 35 s for the link: switches with spanning tree take 30.
linkUp() {
    local tries
    ip link set "$1" up
    for ((tries = 0; tries < 70; tries++)); do
        [[ $(cat "/sys/class/net/$1/carrier" 2>/dev/null) == 1 ]] && return
        sleep 0.5
    done
    return 1
}

# $1 interface. Three attempts; true if DHCP and the server both answered.
bringUp() {
    local attempt
    dots "Link of $1"
    linkUp "$1" || { echo "None"; return 1; }
    echo "Up"
    for attempt in 1 2 3; do
        case $attempt in
        2) sleep 1 ;;
        3) sleep 27 ;;
        esac
        dots "Address for $1 (attempt $attempt)"
        if askAddress "$1"; then
            ip -4 -o addr show dev "$1" | awk '{print $4; exit}'
            dots "Asking $web"
            serverAnswers && { echo "Done"; return 0; }
        else
            # FOS calls the server after a failed DHCP too: an address may have been there before.
            echo "None"
            dots "Asking $web"
            serverAnswers
        fi
        echo "No answer"
    done
    ip addr flush dev "$1"
    ip link set "$1" down
    return 1
}

# $1 interface. Not more than one udhcpc an interface: an earlier one that got a lease stays to renew it.
askAddress() {
    local pid_file=/run/udhcpc.$1.pid
    [[ -s $pid_file ]] && kill "$(<"$pid_file")" 2>/dev/null
    rm -f "$pid_file"
    udhcpc -i "$1" --now -p "$pid_file" >/run/udhcpc.log 2>&1
}

# web= ends in "/", hence the double slash that servers see. Redirects count as an answer.
serverAnswers() { curl -Ikfs --connect-timeout 5 "${web}/index.php" >/dev/null 2>&1; }

# $1 interface, $2 address.
changeMac() {
    dots "Changing the address of $1 to $2"
    ip link set "$1" down
    ip link set "$1" address "$2" && echo "Done" || echo "Failed"
}
