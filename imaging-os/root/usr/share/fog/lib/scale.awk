# Scales a partition table to a disk. Input: the dump with the smallest sizes, then the original dump. -v sectors= of the disk,
# -v fixed= colon list of numbers that keep their size. What the fixed ones leave is shared by the others in proportion to what they had.
# Partitions keep their order on the disk and their first sectors' alignment of 1 MiB.
function number(line,    name) { name = line; sub(/ *:.*/, "", name); match(name, /[0-9]+$/); return substr(name, RSTART) + 0 }
function value(line, key,    text) { if (!match(line, key "= *[0-9]+")) return 0; text = substr(line, RSTART, RLENGTH); sub(/[^0-9]*/, "", text); return text + 0 }
function up(n) { return int((n + 2047) / 2048) * 2048 }
FNR == 1 { file++ }
/^label: gpt/ { gpt = 1 }
file == 1 && /start=/ { minimum[number($0)] = value($0, "size"); next }
file == 2 && !/start=/ { if (!/^(first|last)-lba:/) header[++headers] = $0; next }
file == 2 { n = number($0); line[n] = $0; start[n] = value($0, "start"); size[n] = value($0, "size"); order[++count] = n
    extended[n] = $0 ~ /type= *(5|f|85)(,|$| )/ }
END {
    for (i = 2; i <= count; i++) for (j = i; j > 1 && start[order[j]] < start[order[j - 1]]; j--) { t = order[j]; order[j] = order[j - 1]; order[j - 1] = t }
    split(fixed, list, ":"); for (i in list) if (list[i] != "") keep[list[i] + 0] = 1
    # Room before the first partition and, in front of each logical one, for its link of the chain.
    need = start[order[1]]; end = sectors - (gpt ? 34 : 0)
    for (i = 1; i <= count; i++) { n = order[i]
        if (extended[n]) { container = n; continue }
        if (n >= 5 && container && start[n] < start[container] + size[container]) { logical[n] = 1; need += 2048 }
        if (!(n in minimum) || minimum[n] > size[n]) minimum[n] = size[n]
        if (keep[n]) minimum[n] = size[n]; else shared += size[n]
        need += up(minimum[n]) }
    if (need > end) { print "too small" > "/dev/stderr"; exit 1 }
    extra = end - need; at = start[order[1]]
    for (i = 1; i <= count; i++) { n = order[i]
        if (extended[n]) { first[n] = at; inside = 1; continue }
        if (inside && !logical[n]) { length_[container] = at - first[container]; inside = 0 }
        if (logical[n]) at += 2048
        first[n] = at
        length_[n] = minimum[n]
        # The first of a table may begin at an odd sector (63); what follows is aligned.
        if (!keep[n] && shared > 0) length_[n] = int((minimum[n] + extra * size[n] / shared) / 2048) * 2048
        if (length_[n] < minimum[n]) length_[n] = minimum[n]
        at = up(at + length_[n]) }
    if (inside) length_[container] = at - first[container]
    for (i = 1; i <= count; i++) { n = order[i]; if (first[n] + length_[n] > end) length_[n] = end - first[n] }
    for (i = 1; i <= headers; i++) print header[i]
    for (i = 1; i <= count; i++) { n = order[i]; text = line[n]
        sub(/start= *[0-9]+/, "start= " sprintf("%.0f", first[n]), text); sub(/size= *[0-9]+/, "size= " sprintf("%.0f", length_[n]), text); print text }
}
