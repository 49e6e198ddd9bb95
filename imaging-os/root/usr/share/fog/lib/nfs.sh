# shellcheck shell=bash
# The share of the kernel line.

# $1 source (host:/path), $2 folder, $3 options. The kernel does the whole mount by itself (NFSv3, rpcbind
# and mountd calls from reserved ports, as FOS's BusyBox lets it); it only needs the address in numbers.
# A server that drops packets would hold it for minutes.
mountShare() {
    local host=${1%%:*} address
    [[ $1 == *:/* ]] || return 1
    address=$host
    [[ $host =~ ^[0-9.]+$ ]] || address=$(nslookup "$host" 2>/dev/null | awk '/^Name/ { found = 1 } found && /^Address/ { print $NF; exit }')
    [[ -n $address ]] || return 1
    # In a subshell: bash would tell people about the killed command.
    (timeout -s KILL 30 mount -t nfs -o "$3,vers=3,addr=$address" "$1" "$2"; exit) 2>/dev/null
}
