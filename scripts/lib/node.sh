# shellcheck shell=bash
# The installed Node.js.

# $@: a command before node, such as chroot DIR.
node_is_new_enough() {
  "$@" node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

need_node() {
  command -v node >/dev/null || die 'Node.js is missing: install Node.js 20.19 or newer'
  node_is_new_enough || die "Node.js $(node --version) is too old: install 20.19 or newer"
}
