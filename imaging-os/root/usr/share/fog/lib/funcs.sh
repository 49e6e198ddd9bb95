# shellcheck shell=bash
# What every program sources (admins' post-init scripts too, under this very name). Sourcing it imports the
# kernel line anew: a program that sources another's code gets back what it changed, mac= above all
# (protocol 11.7: that is why the inventory after a registration carries the plain address).
fog_lib=/usr/share/fog/lib
# shellcheck source=kernel-line.sh
. "$fog_lib/kernel-line.sh"
# shellcheck source=screen.sh
. "$fog_lib/screen.sh"
# shellcheck source=server.sh
. "$fog_lib/server.sh"
# shellcheck source=smbios.sh
. "$fog_lib/smbios.sh"
# shellcheck source=machine.sh
. "$fog_lib/machine.sh"
# shellcheck source=fatal.sh
. "$fog_lib/fatal.sh"
importKernelLine
