# partclone's progress on standard error, as the line that FOG's own build of it writes (protocol 4.5), one at a time into -v status=FILE.
# -v bytes= size of the device. RS takes partclone's carriage returns.
BEGIN { RS = "[\r\n]" }
function sized(n,    unit, names) {
    split("iB KiB MiB GiB TiB", names, " ")
    for (unit = 1; n >= 1024 && unit < 5; unit++) n /= 1024
    return sprintf("%." (unit - 1) "f %s", n, names[unit])
}
function field(name, pattern,    text) {
    if (!match($0, name pattern)) return ""
    text = substr($0, RSTART + length(name), RLENGTH - length(name))
    gsub(/^ +| +$/, "", text)
    return text
}
/^(Reading|Calculating|File system|Device size|Space in use|Free Space|Block size|Total|Syncing|done|Starting|Partclone v|bitmap|memory|Cloned|$)/ {
    if (/^Device size/) { blocks = $0; sub(/.*= */, "", blocks); blocks += 0 }
    if (/^Block size/) { block = $0; sub(/[^0-9]*/, "", block); block += 0; if (blocks * block > 0) bytes = blocks * block }
    next
}
/Elapsed:/ {
    percent = field("Completed:", " *[0-9.]+") + 0
    rate = field("Rate:", " *[0-9.]+[a-zA-Z]+")
    # While it builds its bitmap it has no rate.
    if (rate == "") rate = "0.00byte"
    printf "%9s@%s@%s@%s@%s@%6.2f@%.6f\n", rate, field("Elapsed:", " *[0-9:]+"), field("Remaining:", " *[0-9:]+"), \
        sized(bytes * percent / 100), sized(bytes), percent, bytes > status
    close(status)
    next
}
# What is left are its complaints.
{ print > "/dev/stderr" }
