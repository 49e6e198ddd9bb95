/**
 * Boot files that fogd keeps: kernel, init, boot loaders. Each lies as `NAME@VERSION`, versions side by side; the one that is also called
 * `NAME` is the default. A host that is to have another one names it whole, `bzImage@6.1.2`.
 */
export interface BootFileVersion {
  /** Path under the boot folder, `bzImage`, `i386-efi/snponly.efi`. */
  readonly name: string;
  readonly version: string;
  /** Hexadecimal, of what was taken in. */
  readonly sha256: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
  readonly addedBy: string;
  /** Folder, file or URL that it came from. */
  readonly source: string;
}

const NAME = /^[A-Za-z0-9_][\w.-]{0,63}(\/[A-Za-z0-9_][\w.-]{0,63}){0,3}$/;
const VERSION = /^[A-Za-z0-9][\w.-]{0,29}$/;

export const isBootFileName = (name: string): boolean => NAME.test(name);
export const isBootFileVersion = (version: string): boolean => VERSION.test(version);

/** Where a version lies. */
export function versionedName(name: string, version: string): string {
  return `${name}@${version}`;
}

/** What of a folder with other things in it is a boot file: FOS, and the loaders of FOG's TFTP folder. */
export function looksLikeBootFile(name: string): boolean {
  const last = name.slice(name.lastIndexOf('/') + 1);
  return /^(bzImage\d*|arm_Image|init(_32)?\.xz|arm_init\.cpio\.gz|memdisk|memtest\.(bin|efi))$|\.(efi|k?pxe|kkpxe|krn|lkrn)$/.test(
    last,
  );
}
