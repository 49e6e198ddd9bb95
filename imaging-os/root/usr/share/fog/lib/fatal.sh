# shellcheck shell=bash
# The one way a program gives up.

# The innermost program of ours that runs: they source each other.
failedProgram() {
    local file
    for file in "${BASH_SOURCE[@]}"; do
        [[ $file == /bin/fog* ]] && { echo "${file##*/}"; return; }
    done
    echo "${0##*/}"
}

# $1 text. Told to the server; the work goes on.
warn() {
    curl -Lks --max-time 5 --data-urlencode "mac=$mac" --data-urlencode "sysuuid=${sysuuid:-$(systemUuid)}" \
        --data-urlencode "type=warning" --data-urlencode "text=$1" --data-urlencode "script=$(failedProgram)" \
        "${web}service/taskerror.php" >/dev/null 2>&1
}

# $1 reason (printf %b escapes). Shows it, reports it to the server, waits 60 s, restarts; in a debug run back to the shell.
# mac and sysuuid are sent as the program has them: base64 in a registration (protocol 3.3).
fatal() {
    local text
    text=$(printf '%b' "$1")
    echo
    echo "##############################################################################"
    echo "#                       An error has been detected                           #"
    echo "##############################################################################"
    printf '%s\n\n' "$text"
    curl -Lks --max-time 5 --data-urlencode "mac=$mac" --data-urlencode "sysuuid=${sysuuid:-$(systemUuid)}" \
        --data-urlencode "type=error" --data-urlencode "text=$text" --data-urlencode "script=$(failedProgram)" \
        "${web}service/taskerror.php" >/dev/null 2>&1
    if isDebug; then
        echo " * Debug: back to the shell. Type fog to try again."
        exit 1
    fi
    pauseOrShell 60
    restart
}
