# shellcheck shell=bash
# Data files of an image: partclone's stream, compressed, in one file or in pieces (protocol 5.4).

status_file=/run/status.fog

# The compressor of imgFormat= and PIGZ_COMP=, as filter.
packStream() {
    case $imgFormat in
    0 | 1 | 2) pigz "${PIGZ_COMP:--6}" ;;
    3 | 4) cat ;;
    5 | 6) zstd -q -T0 --rsyncable --ultra "${PIGZ_COMP:--6}" ;;
    *) fatal "Unknown image format :: $imgFormat" ;;
    esac
}

unpackStream() {
    case ${imgLegacy:-$imgFormat} in
    0 | 1 | 2) pigz -dc ;;
    3 | 4) cat ;;
    5 | 6) zstd -q -dc ;;
    *) fatal "Unknown image format :: $imgFormat" ;;
    esac
}

isSplit() { [[ $imgFormat == 2 || $imgFormat == 4 || $imgFormat == 6 ]]; }

# $1 base. Writes standard input to BASE.000 (and on), as FOS does until the partition succeeded.
writePieces() {
    if isSplit; then
        split -a 3 -d -b 200m - "$1."
    else
        cat >"$1.000"
    fi
}

# $1 base. The pieces in order: the bare name, then the numbers; a whole disk has numbers only.
readPieces() {
    if [[ $imgType == dd ]]; then
        cat "$1"*
    elif isSplit; then
        cat "$1" $(ls "$1".[0-9][0-9][0-9] 2>/dev/null)
    else
        cat "$1"
    fi
}

# $1 device, $2 file system, $3 file.
captureDevice() {
    local device=$1 fs=$2 file=$3 log=/run/partclone.log options=(-c -s "$1" -O - -B -L /run/partclone.log)
    [[ $fs == imager ]] || options+=(-a0)
    rm -f "$file" "$file".[0-9][0-9][0-9]
    (
        set -o pipefail
        "partclone.$fs" "${options[@]}" 2> >(progressFilter "$device") | packStream | writePieces "$file"
    ) || fatal "Failed to capture $device ($fs)\n$(tail -n 3 "$log")"
    # The pieces of a whole disk keep their numbers.
    [[ $imgType == dd ]] || mv "$file.000" "$file" || fatal "Failed to name $file: is the share still there?"
}

# $1 device, $2 file.
restoreDevice() {
    local device=$1 file=$2 log=/run/partclone.log
    (
        set -o pipefail
        readPieces "$file" | unpackStream | partclone.restore --ignore_crc -s - -O "$device" -B -L "$log" 2> >(progressFilter "$device")
    ) || fatal "Image failed to restore to $device\n$(tail -n 3 "$log")"
}

# $1 device.
progressFilter() {
    awk -v status="$status_file" -v bytes="$(blockdev --getsize64 "$1")" -f "$fog_lib/progress.awk" 2>/dev/null
}
