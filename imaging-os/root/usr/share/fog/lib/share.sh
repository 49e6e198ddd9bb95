# shellcheck shell=bash
# The images' share, mounted on /images for the task (protocol 5.1).

# $1 options beside the usual ones.
mountImages() {
    dots "Mounting the images' share"
    mountShare "$storage" /images "nolock,proto=tcp,rsize=32768,${1:+$1,}intr,noatime" || { echo "Failed"; fatal "Could not mount the share $(shareName)"; }
    echo "Done"
    [[ -f /images/.mntcheck ]] && return
    blameShare
}

# The path holds the session's number, which is nobody's business on a screen.
shareName() { echo "of ${storage%%:*}"; }

# The server is told up to ten times; the error is fatal either way (protocol 3.6).
blameShare() {
    local count res
    for ((count = 0; count < 10; count++)); do
        res=$(post service/blame.php "sysuuid=$(systemUuid)&mac=$mac&type=$type")
        [[ $res == '##' ]] && break
        sleep 5
    done
    sleep 5
    fatal "Could not verify mount point, check if .mntcheck exists"
}
