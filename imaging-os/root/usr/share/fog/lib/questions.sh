# shellcheck shell=bash
# The questions of the full registration. Each leaves what was typed in "answer".

# Reads one line into answer. Without a console there is nobody to ask: an empty answer would loop for ever.
readAnswer() { read -r "$@" answer || fatal "The console was closed: nobody can answer"; }

# $1 question.
askText() {
    printf ' * %s: ' "$1"
    readAnswer
}

# $1 end of a question. True for yes; [Enter] is no.
askYes() {
    while :; do
        printf '    Would you like to %s (y/N) ' "$1"
        readAnswer
        case ${answer,,} in
        y | yes) return 0 ;;
        n | no | "") return 1 ;;
        esac
        echo " * Invalid input, please try again"
    done
}

# Sets host to the name in its form on the wire, once the server has nothing against it (protocol 3.12).
askHostName() {
    local res=
    while [[ $res != '#!ok' ]]; do
        askText "Enter the hostname for this computer"
        answer=$(oneLine "$answer")
        [[ -n $answer ]] || continue
        if ((${#answer} > 15)); then
            answer=${answer:0:15}
            echo " | Truncated to 15 characters: $answer"
        fi
        host=$(encode "$answer")
        res=$(post service/hostnameloop.php "host=$host")
        [[ $res == '#!ok' ]] || echo "${res:-No answer from the server}"
    done
}

# $1 image, location, ou. Answer: base64 of the number, or "0".
askId() { askNumbers "$1" "the $1 ID" '^[0-9]+$'; }

# $1 group, snapin. Answer: base64 of numbers with commas between, or "0".
askIds() { askNumbers "$1" "the $1 IDs, with commas between," '^[0-9]+(,[0-9]+)*$'; }

# $1 listing, $2 words, $3 pattern.
askNumbers() {
    while :; do
        printf '    Enter %s to associate with this computer (? for a list): ' "$2"
        readAnswer
        # "1, 2," means "1,2".
        answer=${answer//[[:space:]]/}
        answer=${answer#,}
        answer=${answer%,}
        if [[ $answer == '?' ]]; then
            showListing "$1"
        elif [[ -z $answer || $answer == 0 ]]; then
            answer=0
            return
        elif [[ $answer =~ $3 ]]; then
            answer=$(encode "$answer")
            return
        else
            echo " * Invalid input, please try again"
        fi
    done
}

# $1 listing. Its line breaks and tabs come as literal \n and \t (protocol 3.13), real ones mean nothing. Stops after each 20 lines.
showListing() {
    local text line shown=0
    clearScreen
    text=$(oneLine "$(list "service/${1}listing.php")")
    # The list comes on its own descriptor: the keyboard stays on 0.
    while IFS= read -r -u 3 line; do
        printf '%s\n' "$line"
        ((++shown % 20 == 0)) || continue
        printf '    Press [Enter] to go on '
        readAnswer
    done 3< <(printf '%b\n' "${text:-The server sent no list}")
    echo
}

# Sets username and password for the wire and, if the server accepts them, doimage (protocol 3.15): three attempts.
# Neither carries the line feed that the other values end in.
askCredentials() {
    local left res
    for ((left = 3; left > 0; left--)); do
        echo " * Enter FOG user name and password"
        askText "Username"
        username=$(encodeBare "$answer")
        printf ' * Password: '
        readAnswer -s
        password=$(encodeBare "$answer")
        echo
        res=$(post service/checkcredentials.php "sysuuid=$sysuuid&mac=$mac&username=$username&password=$password")
        case $res in
        '#!ok')
            echo " * This host will restart and the deployment will start"
            # shellcheck disable=SC2034 # sent by fog.man.reg
            doimage=$(encodeBare 1)
            return
            ;;
        '#!il') echo " * Error: Invalid login ($((left - 1)) attempts left)" ;;
        '#!rl') echo " * Error: Too many failed logins, wait a few minutes ($((left - 1)) attempts left)" ;;
        *) echo " * Error: Unexpected response from server ($((left - 1)) attempts left)${res:+: $res}" ;;
        esac
    done
}
