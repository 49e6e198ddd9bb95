# shellcheck shell=bash
# The admin's own script, run from the share before anything else (protocol 2.4 no. 4).

# Its folder is in postinitpath, by which such scripts find their neighbours.
runPostInit() {
    local share=/run/post-init
    mkdir -p "$share"
    dots "Running post init scripts"
    if ! mountShare "$storage" "$share" nolock,proto=tcp,rsize=32768,wsize=32768,intr,noatime; then
        echo "Skipped"
        return
    fi
    echo "Done"
    if [[ -f $share/.mntcheck ]]; then
        postinitpath=$share/postinitscripts/
        [[ -f ${postinitpath}fog.postinit ]] || postinitpath=$share/dev/postinitscripts/
        export postinitpath
        # shellcheck source=/dev/null
        . "${postinitpath}fog.postinit"
    fi
    umount "$share" 2>/dev/null || umount -l "$share"
}
