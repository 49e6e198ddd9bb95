/**
 * The kernel line that FOS lives by (spec fos-protocol 1.9.1, 2). FOS runs `eval "export name=value"` on each word in a root shell, so
 * only words of a harmless alphabet pass, wherever they come from.
 */

export const KERNEL_WORD = /^[A-Za-z0-9._:/,+@%=-]+$/;

/** COMMAND_LINE_SIZE of Linux on x86; what is longer is cut without a word. */
const MAX_LENGTH = 2048;
/** One `name=value` word more that the kernel does not know itself, and it panics at start (spec 11.6). */
const MAX_UNKNOWN_WORDS = 31;
/** Words of our line that the kernel takes itself and does not pass on to init. */
const KERNEL_OWN = new Set([
  'loglevel',
  'root',
  'rw',
  'ramdisk_size',
  'consoleblank',
  'rootfstype',
  'console',
  'initrd',
]);

export interface KernelLineInput {
  readonly kernel: string;
  /** File name of the initial RAM disk; the EFI stub finds it by `initrd=`. */
  readonly init: string;
  /** Base URL of all FOS calls, with scheme and trailing slash; it carries the session's token. */
  readonly web: string;
  /** Address of the NFS server; `storage=` must be mountable without name service. */
  readonly storageIp: string;
  /** The session's NFS root, with a trailing slash. */
  readonly storagePath: string;
  readonly loglevel: number;
  /** KiB. */
  readonly ramdiskSize: number;
  readonly keymap: string;
  /** Words of the settings and of the host. */
  readonly extra: readonly string[];
  /** Words of the task or menu entry: `mode=autoreg` … */
  readonly task: readonly string[];
}

/** The words after iPXE's `kernel` command. Throws a RangeError when Linux could not start with them. */
export function kernelLine(input: KernelLineInput): string {
  const words = [
    `loglevel=${input.loglevel}`,
    `initrd=${input.init.split('/').at(-1)}`,
    'root=/dev/ram0',
    'rw',
    `ramdisk_size=${input.ramdiskSize}`,
    ...(input.keymap === '' ? [] : [`keymap=${input.keymap}`]),
    `web=${input.web}`,
    'consoleblank=0',
    'rootfstype=ext4',
    ...input.extra,
    `storage=${input.storageIp}:${input.storagePath}`,
    `storageip=${input.storageIp}`,
    'nvme_core.default_ps_max_latency_us=0',
    ...input.task,
  ].filter((word) => KERNEL_WORD.test(word));
  const line = [input.kernel, ...new Set(words)].join(' ');
  const unknown = new Set(
    words
      .map((word) => word.split('=')[0] ?? '')
      .filter((name) => !KERNEL_OWN.has(name) && !name.includes('.')),
  );
  if (line.length >= MAX_LENGTH)
    throw new RangeError(`the kernel line is ${line.length} bytes long; Linux takes ${MAX_LENGTH - 1}`);
  if (unknown.size > MAX_UNKNOWN_WORDS) {
    throw new RangeError(
      `the kernel line has ${unknown.size} words that Linux does not know; it takes ${MAX_UNKNOWN_WORDS}`,
    );
  }
  return line;
}

/** Splits free text of settings or a host into words. */
export function kernelWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
