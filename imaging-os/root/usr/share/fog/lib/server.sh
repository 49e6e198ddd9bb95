# shellcheck shell=bash
# Calls to the server. Bodies go out as they are: FOS does not URL-encode, and a server has to live with
# "+" and line feeds inside base64 (protocol 0.3).

# $1 path below web=, $2 body. Prints the answer (NUL bytes dropped, as the shell would with a warning).
post() { curl -Lks --data "$2" "${web}$1" 2>/dev/null | tr -d '\0'; }

# $1 path below web=. Prints the answer; redirects are not followed (protocol 3.13).
list() { curl -ks "${web}$1" 2>/dev/null | tr -d '\0'; }

# $1 text. Base64 of the text and a line feed, wrapped at 76.
encode() { base64 <<<"$1"; }

# $1 text. Base64 of the bare text.
encodeBare() { printf '%s' "$1" | base64; }

# $1 text of several lines. Prints it as one, single blanks between the words.
oneLine() {
    local -a words
    read -r -d '' -a words <<<"$1"
    printf '%s' "${words[*]}"
}
