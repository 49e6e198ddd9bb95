# shellcheck shell=bash
# The kernel line is all this system knows (protocol 2.1).

# Exports each name=value of the kernel line. Nothing is evaluated: hostile text stays text.
# declare -g and the odd local names: a line may well carry "name=" or "value=".
importKernelLine() {
    local -a kernel_line_words
    local kernel_line_word kernel_line_name kernel_line_value
    read -r -d '' -a kernel_line_words </proc/cmdline
    for kernel_line_word in "${kernel_line_words[@]}"; do
        [[ $kernel_line_word == *=* && $kernel_line_word != *nvme_core.default_ps_max_latency_us=* ]] || continue
        kernel_line_name=${kernel_line_word%%=*}
        # A value ends at the next "=": FOS loses the rest, so no server may rely on it.
        kernel_line_value=${kernel_line_word#*=}
        kernel_line_value=${kernel_line_value%%=*}
        [[ -n $kernel_line_value && $kernel_line_name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
        case $kernel_line_name in
        # What would break this shell instead of telling it something.
        PATH | IFS | HOME | ENV | SHELLOPTS | BASH* | LD_* | UID | EUID | PPID | PS[0-4] | kernel_line_*) continue ;;
        esac
        declare -gx "$kernel_line_name=${kernel_line_value//+_+/ }"
    done
}

# $1 bare word. True if it stands on the kernel line.
kernelWord() {
    local -a words
    local word
    read -r -d '' -a words </proc/cmdline
    for word in "${words[@]}"; do
        [[ $word == "$1" ]] && return 0
    done
    return 1
}

isDebug() { [[ ${isdebug,,} == y || ${isdebug,,} == yes ]]; }
