# shellcheck shell=bash
# What decides the output: the files of this folder and the exact packages.

# sha256 over names and contents of the build's own files and the list of packages.
# File modes are left out: tree_make sets them, whatever the checkout's umask was.
inputs_hash() {
    (
        cd "$here" || exit
        {
            find build lib root modules packages -type f -print0 | sort -z | xargs -0 sha256sum
            cat "$cache/packages.lock" 2>/dev/null || true
        } | sha256sum | cut -d' ' -f1
    )
}
