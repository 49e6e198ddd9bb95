# shellcheck shell=bash
# Capture and deploy of one disk. captureDisk and deployDisk know nothing of the server: any block device and any folder will do.
# shellcheck source=funcs.sh
. /usr/share/fog/lib/funcs.sh
# shellcheck source=nfs.sh
. "$fog_lib/nfs.sh"
# shellcheck source=share.sh
. "$fog_lib/share.sh"
# shellcheck source=disk.sh
. "$fog_lib/disk.sh"
# shellcheck source=file-system.sh
. "$fog_lib/file-system.sh"
# shellcheck source=partition-table.sh
. "$fog_lib/partition-table.sh"
# shellcheck source=image-files.sh
. "$fog_lib/image-files.sh"
# shellcheck source=capture.sh
. "$fog_lib/capture.sh"
# shellcheck source=deploy.sh
. "$fog_lib/deploy.sh"

reporter_pid=

startReporter() {
    : >"$status_file"
    /bin/fog.statusreporter &
    reporter_pid=$!
}

stopReporter() {
    kill "$reporter_pid" 2>/dev/null
    wait "$reporter_pid" 2>/dev/null
    reporter_pid=
}

# $1 number. True if imgPartitionType= lets this partition through.
isWanted() { [[ ${imgPartitionType:-all} == all || $imgPartitionType == "$1" ]]; }
