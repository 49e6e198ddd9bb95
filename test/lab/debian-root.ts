/** A fresh Debian or Ubuntu as debootstrap makes it, to install into. Made once and kept packed in var/cache; the next run unpacks it in seconds. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './process.js';
import { inRepository } from './repository.js';

/** What every Debian server has and the smallest variant of debootstrap has not. */
const INCLUDE = 'systemd,systemd-sysv,dbus,iproute2,ca-certificates';
const CACHE = inRepository('var', 'cache', 'debian-root');

/** What nobody reads here costs time at each unpacking; no syncing: nobody pulls the plug. */
const LEAN = `path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
force-unsafe-io
`;

/** The packages of the service are in apt's cache, not installed: installing them is what is tested, without a mirror. */
const MAKE = `set -eu
# Debian knows neither this release of Ubuntu nor its keys; apt in it checks what comes later.
case $1 in
  noble) more='--no-check-gpg --components=main,universe' like=/usr/share/debootstrap/scripts/gutsy ;;
  *) more= like= ;;
esac
debootstrap --variant=minbase --include=${INCLUDE} $more "$1" "$2" \${like:+"" "$like"} >"$2.log" 2>&1 || { tail -n 5 "$2.log" >&2; exit 1; }
rm -rf "$2"/usr/share/doc/* "$2"/usr/share/man/* "$2"/usr/share/locale/* "$2"/var/lib/apt/lists/*Translation*
printf '%s' "$5" >"$2/etc/dpkg/dpkg.cfg.d/lean"
chroot "$2" apt-get -o Acquire::Languages=none update -q
chroot "$2" apt-get clean
chroot "$2" apt-get install -y -q --no-install-recommends --download-only $(sed 's/#.*//' "$3")
tar --create --numeric-owner --use-compress-program 'zstd -q -3 -T2' --file "$4" --directory "$2" .
`;

/** Unpacks Debian or Ubuntu `suite` (bookworm, trixie, noble) into a folder (made), with the Node.js that runs this in /usr/local/bin. 3 s, a minute the first time. */
export async function unpackDebianRoot(suite: string, folder: string): Promise<void> {
  const packed = await packedRoot(suite, `${folder}.making`);
  mkdirSync(folder);
  await mustRun(
    [
      'tar',
      '--extract',
      '--numeric-owner',
      '--preserve-permissions',
      '--file',
      packed,
      '--directory',
      folder,
    ],
    { timeoutMs: 300_000 },
  );
  copyFileSync(process.execPath, join(folder, 'usr', 'local', 'bin', 'node'));
}

async function packedRoot(suite: string, work: string): Promise<string> {
  const packages = inRepository('scripts', 'packages-start');
  const recipe = [suite, MAKE, LEAN, readFileSync(packages, 'utf8')].join('\0');
  const name = `${suite}-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}.tar.zst`;
  const file = join(CACHE, name);
  if (existsSync(file)) return file;
  mkdirSync(CACHE, { recursive: true });
  for (const old of readdirSync(CACHE)) if (old.startsWith(`${suite}-`)) rmSync(join(CACHE, old));
  try {
    const argv = ['sh', '-c', MAKE, 'sh', suite, work, packages, `${file}.new`, LEAN];
    await mustRun(argv, { timeoutMs: 900_000 });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  renameSync(`${file}.new`, file);
  return file;
}
