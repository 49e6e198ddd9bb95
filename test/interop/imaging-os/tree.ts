import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandResult, command, mustRun } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/** Arguments: tree, images folder, disk image, then what to do with the disk in `$hd`. Mounts and loop device end with it. */
const INSIDE = `
set -e
hd=$(losetup -f --show "$3")
trap 'losetup -d "$hd"' EXIT
# Loop devices keep the partitions of whoever had them before.
partx -d "$hd" 2>/dev/null || true
partx -a "$hd" 2>/dev/null || true
mount --bind "$1" "$1"
for mount in dev sys; do mount --rbind /$mount "$1/$mount"; done
mount -t proc proc "$1/proc"
mount -t tmpfs run "$1/run"
mount --bind "$2" "$1/images"
printf '%s\\n' '. /usr/share/fog/lib/imaging.sh' '. /usr/share/fog/lib/wipe.sh' \
  'fatal() { printf "FATAL %b\\n" "$1" >&2; exit 9; }' "$4" >"$1/run/job"
hd=$hd chroot "$1" /bin/bash /run/job
`;

/** The imaging environment's own scripts and programs, in the tree that machines boot, on loop devices. */
export class ImagingTree {
  /** For disks and images; removed with the tree. */
  readonly folder = mkdtempSync(join(tmpdir(), 'fogd-imaging-'));
  readonly #tree = join(this.folder, 'tree');

  async unpack(): Promise<void> {
    mkdirSync(this.#tree);
    const archive = inRepository('var', 'imaging-os', 'init.xz');
    const unpack = 'cd "$0" && zstd -qdc "$1" | cpio -idm --quiet';
    await mustRun(['sh', '-c', unpack, this.#tree, archive], { timeoutMs: 120_000 });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Runs lines of bash with the disk in `$hd` and the images in /images. A fatal error ends with code 9. */
  run(images: string, disk: string, job: string): Promise<CommandResult> {
    return command(['unshare', '-m', 'sh', '-c', INSIDE, 'sh', this.#tree, images, disk, job], {
      timeoutMs: 300_000,
    });
  }

  /** A blank disk image. */
  blank(name: string, bytes: number): string {
    const path = join(this.folder, name);
    writeFileSync(path, '');
    truncateSync(path, bytes);
    return path;
  }
}
