# shellcheck shell=bash
# The installed Node.js.

# $@: a command before node, such as chroot DIR.
node_is_new_enough() {
  "$@" node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

# Where one comes from: the distribution's own is too old in Debian 12 and Ubuntu 24.04.
node_source='from nodesource.com, or from nodejs.org unpacked in /usr/local; in Debian 13: apt-get install nodejs npm'

need_node() {
  command -v node >/dev/null || die "Node.js is missing: install Node.js 20.19 or newer ($node_source)"
  node_is_new_enough || die "Node.js $(node --version) is too old: install 20.19 or newer ($node_source)"
}

# Makes garbage of statements, and more garbage until it is collected. A driver compiled with the headers of Node.js 24.19 to 24.21 (at
# least) ends the process then: their ObjectWrap looks for an environment that is not there during a collection.
need_sound_driver() {
  (
    node -e '
      const database = new (require("better-sqlite3"))(":memory:");
      setImmediate(() => {
        for (let i = 0; i < 2000; i++) database.prepare("SELECT 1");
        for (let round = 0; round < 30; round++) Array.from({ length: 1e5 }, () => ({}));
      });' || exit 1
  ) >/dev/null 2>&1 || die "the database driver does not run with Node.js $(node --version) (24.19 and some after it have a fault that ends it): install Node.js 22 ($node_source)"
}
