import type { Host } from '#domain/host.js';
import type { BootSettings } from '#settings/schema.js';
import { exitCommands, exitType } from './exit.js';
import { KERNEL_WORD, type KernelLineInput, kernelLine, kernelWords } from './kernel-line.js';
import type { BootRequest } from './request.js';
import { type BootServer, ipxeUrl, serverUrl } from './server.js';

/** What all boot scripts are made of. */

/** What every script depends on. */
export interface ScriptInput {
  readonly request: BootRequest;
  readonly server: BootServer;
  readonly settings: BootSettings;
  /** The registered host, if the machine is one. */
  readonly host?: Host;
  /**
   * What this script's kernel lines carry: the session's token in `web=`, its NFS root in `storage=`. None when the store cannot keep
   * one (its disk is full): a machine then gets its menu all the same, and no task.
   */
  readonly session?: {
    readonly token: string;
    readonly storage: { readonly host: string; readonly path: string };
  };
}

/** Kernel and init by architecture (spec fos-protocol 1.6). */
const BOOT_FILES = {
  x86_64: { kernel: 'bzImage', init: 'init.xz' },
  i386: { kernel: 'bzImage32', init: 'init_32.xz' },
  arm64: { kernel: 'arm_Image', init: 'arm_init.cpio.gz' },
} as const;

export function script(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

export function prologue({ server }: ScriptInput): string[] {
  return [
    '#!ipxe',
    `set fog-ip ${server.host}`,
    'set fog-webroot fog',
    `set boot-url ${server.scheme}://\${fog-ip}/\${fog-webroot}`,
    `set storage-ip ${server.ip}`,
  ];
}

export function bootUrl({ server }: ScriptInput): string {
  return ipxeUrl(server, 'boot.php');
}

/** Loads and starts FOS with these words on its kernel line. */
export function bootFos(input: ScriptInput, task: readonly string[]): string[] {
  const { request, server, settings, host, session } = input;
  const files = BOOT_FILES[request.arch];
  const line: KernelLineInput = {
    kernel: ownFile(host?.kernel, request.arch) ?? files.kernel,
    init: ownFile(host?.init, request.arch) ?? files.init,
    web: serverUrl(server, `fog/${session ? `t/${session.token}/` : ''}`),
    storageIp: session?.storage.host ?? server.ip,
    storagePath: session?.storage.path ?? '/images/',
    loglevel: settings.kernel_loglevel,
    ramdiskSize: settings.ramdisk_size,
    keymap: settings.keymap,
    extra: [...kernelWords(settings.kernel_args), ...kernelWords(host?.kernelArgs ?? '')],
    task,
  };
  return [
    `kernel ${kernelLine(line)} || goto failed`,
    `imgfetch ${line.init} || goto failed`,
    'boot || goto failed',
  ];
}

/** A host's own kernel or init, if it is a plain file name for this kind of processor (spec 1.6). */
function ownFile(text: string | undefined, arch: BootRequest['arch']): string | undefined {
  if (text === undefined || !/^[A-Za-z0-9_-][A-Za-z0-9._@-]{0,95}$/.test(text)) return undefined;
  return /arm|aarch64/i.test(text) === (arch === 'arm64') ? text : undefined;
}

/** Debian's memtest86+ is a kernel to BIOS and a program to UEFI; iPXE starts either by `kernel`. */
export function bootMemtest({ request, settings, host }: ScriptInput): string[] {
  const file = request.firmware === 'efi' ? 'memtest.efi' : 'memtest.bin';
  // The one word of the kernel line that it knows, too: where its screen is.
  const words = kernelWords(`${settings.kernel_args} ${host?.kernelArgs ?? ''}`).filter(
    (word) => word.startsWith('console=') && KERNEL_WORD.test(word),
  );
  return [`kernel ${[file, ...words].join(' ')} || goto failed`, 'boot || goto failed'];
}

/** A kernel that cannot be loaded must not leave a dark screen, nor a machine that never reaches its disk. */
export function failed(input: ScriptInput): string[] {
  return [
    ':failed',
    'echo What was to be started could not be loaded; the reason is above.',
    'echo Going on to the hard disk in 15 seconds.',
    'sleep 15',
    ...exitLines(input),
  ];
}

/** On to the disk; with `onFailure`, a command, what is done where that does not work. */
export function exitLines({ request, settings, host }: ScriptInput, onFailure?: string): string[] {
  const isEfi = request.firmware === 'efi';
  const type = isEfi
    ? exitType(host?.efiExit ?? '', settings.efi_exit)
    : exitType(host?.biosExit ?? '', settings.bios_exit);
  const commands = exitCommands(type, request.arch);
  return onFailure === undefined ? commands : commands.map((command) => `${command} || ${onFailure}`);
}
