import type { Host } from '#domain/host.js';
import { type SessionKind, sessionPseudo } from '#domain/session.js';
import type { BootSettings } from '#settings/schema.js';
import { chainLines } from './chain.js';
import { exitCommand } from './exit.js';
import { type KernelLineInput, kernelLine, kernelWords } from './kernel-line.js';
import { MENU_ENTRIES, type MenuEntry } from './menu-entries.js';
import type { BootRequest } from './request.js';
import { type OrderedTask, type TaskArgsSettings, taskArgs } from './task-args.js';
import { ipxeText } from './text.js';

/** The server as this machine reaches it. */
export interface BootServer {
  /** Name or address for URLs, with `:port` where it is not 80. */
  readonly host: string;
  /** The address the machine reached. */
  readonly ip: string;
}

export interface BootScriptInput {
  readonly request: BootRequest;
  readonly server: BootServer;
  readonly settings: BootSettings;
  readonly registrationEnabled: boolean;
  /** The registered host, if the machine is one. */
  readonly host?: Host;
  /** The host's active task, if it boots FOS. */
  readonly task?: OrderedTask;
  readonly images: TaskArgsSettings;
  /**
   * What this script's kernel lines carry: the session's token in `web=`, its NFS root in `storage=`. None when the store cannot keep
   * one (its disk is full): a machine then gets its menu all the same, and no task.
   */
  readonly session?: { readonly id: number; readonly token: string; readonly kind: SessionKind };
}

/** Kernel and init by architecture (spec fos-protocol 1.6). */
const BOOT_FILES = {
  x86_64: { kernel: 'bzImage', init: 'init.xz' },
  i386: { kernel: 'bzImage32', init: 'init_32.xz' },
  arm64: { kernel: 'arm_Image', init: 'arm_init.cpio.gz' },
} as const;

/** What kind of script a machine gets, for the trace. */
export type ScriptKind = 'task' | 'menu-unregistered' | 'menu-registered' | 'menu-pending';

export interface BootScript {
  readonly kind: ScriptKind;
  readonly text: string;
}

/** The answer of `boot.php` (spec fos-protocol 1.8): a pure function of the request and of what is known of the machine. */
export function bootScript(input: BootScriptInput): BootScript {
  const { host, task } = input;
  if (host && task?.type.boots === 'memtest')
    return { kind: 'task', text: script([...prologue(input), ...bootMemtest(input), ...failed(input)]) };
  if (host && task && !host.pending && input.session) {
    const args = taskArgs(host, task, input.images);
    return {
      kind: 'task',
      text: script([...prologue(input), ...bootFos(input, args, 'failed'), ...failed(input)]),
    };
  }
  const kind = host ? (host.pending ? 'menu-pending' : 'menu-registered') : 'menu-unregistered';
  return { kind, text: script([...prologue(input), ...menu(input)]) };
}

/**
 * The answer when fogd cannot decide: shows the problem and goes on to the disk. Never an HTTP error, which iPXE takes for a failed
 * chain (spec 8.1 no. 27).
 */
export function problemScript(
  problem: string,
  { request, settings }: Pick<BootScriptInput, 'request' | 'settings'>,
): string {
  return script([
    '#!ipxe',
    `echo fogd: ${ipxeText(problem)}`,
    'echo Going on to the hard disk in 15 seconds.',
    'sleep 15',
    exitCommand('', request.firmware === 'efi' ? settings.efi_exit : settings.bios_exit),
  ]);
}

function prologue({ server }: BootScriptInput): string[] {
  return [
    '#!ipxe',
    `set fog-ip ${server.host}`,
    'set fog-webroot fog',
    'set boot-url http://${fog-ip}/${fog-webroot}',
    `set storage-ip ${server.ip}`,
  ];
}

function menu(input: BootScriptInput): string[] {
  const { request, settings, host } = input;
  const entries = MENU_ENTRIES.filter((entry) => isShown(entry, input));
  const timeout = settings.menu_timeout > 0 ? ` --timeout ${settings.menu_timeout * 1000}` : '';
  return [
    ':MENU',
    'menu',
    ...(request.dialect === 'form' ? colours(host !== undefined) : []),
    `item --gap ${heading(host)}`,
    'item --gap -- -------------------------------------',
    ...entries.map((entry) => `item ${entry.name} ${entry.description}`),
    // Leaving the menu with ESC asks again: the machine may have been registered or tasked meanwhile.
    `choose --default fog.local${timeout} target && goto \${target} || goto again`,
    ...entries.flatMap((entry) => entryBlock(entry, input)),
    ...failed(input),
    ':again',
    ...(request.dialect === 'form' ? ['params'] : []),
    ...chainLines(request.dialect, bootUrl(input)).map((line) =>
      line.startsWith('chain') ? `${line} || goto MENU` : line,
    ),
  ];
}

function heading(host: Host | undefined): string {
  if (!host) return 'Host is NOT registered!';
  return host.pending ? 'Host is pending approval!' : `Host is registered as ${ipxeText(host.name)}!`;
}

function isShown({ shownTo }: MenuEntry, { host, registrationEnabled }: BootScriptInput): boolean {
  if (shownTo === 'all') return true;
  if (shownTo === 'unregistered') return !host && registrationEnabled;
  return host !== undefined && !host.pending;
}

/** Stock BIOS builds lack `colour` and `cpair`; FOG's colours tell a registered host (blue) from an unknown one (red) at a glance. */
function colours(registered: boolean): string[] {
  return [
    `colour --rgb ${registered ? '0x00567a' : '0xff0000'} 0 ||`,
    'cpair --foreground 1 1 ||',
    'cpair --foreground 0 3 ||',
    'cpair --foreground 4 4 ||',
  ];
}

function entryBlock(entry: MenuEntry, input: BootScriptInput): string[] {
  if (entry.kernelArgs.length === 0) return [`:${entry.name}`, `${exitText(input)} || goto MENU`];
  return [`:${entry.name}`, ...bootFos(input, entry.kernelArgs, 'failed')];
}

function bootFos(input: BootScriptInput, task: readonly string[], onFailure: string): string[] {
  const { request, server, settings, host, session } = input;
  const files = BOOT_FILES[request.arch];
  const line: KernelLineInput = {
    kernel: fileName(host?.kernel) ?? files.kernel,
    init: fileName(host?.init) ?? files.init,
    web: `http://${server.host}/fog/${session ? `t/${session.token}/` : ''}`,
    storageIp: server.ip,
    storagePath: session ? `${sessionPseudo(session)}/` : '/images/',
    loglevel: settings.kernel_loglevel,
    ramdiskSize: settings.ramdisk_size,
    keymap: settings.keymap,
    extra: [...kernelWords(settings.kernel_args), ...kernelWords(host?.kernelArgs ?? '')],
    task,
  };
  return [
    `kernel ${kernelLine(line)} || goto ${onFailure}`,
    `imgfetch ${line.init} || goto ${onFailure}`,
    `boot || goto ${onFailure}`,
  ];
}

/** Debian's memtest86+ is a kernel to BIOS and a program to UEFI; iPXE starts either by `kernel`. */
function bootMemtest({ request }: BootScriptInput): string[] {
  const file = request.firmware === 'efi' ? 'memtest.efi' : 'memtest.bin';
  return [`kernel ${file} || goto failed`, 'boot || goto failed'];
}

/** A host's own kernel or init, if it is a plain file name (spec 1.6). */
function fileName(text: string | undefined): string | undefined {
  return text !== undefined && /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/.test(text) ? text : undefined;
}

/** A kernel that cannot be loaded must not leave a dark screen, nor a machine that never reaches its disk. */
function failed(input: BootScriptInput): string[] {
  return [
    ':failed',
    'echo The imaging environment could not be loaded; the reason is above.',
    'echo Going on to the hard disk in 15 seconds.',
    'sleep 15',
    exitText(input),
  ];
}

function exitText({ request, settings, host }: BootScriptInput): string {
  return request.firmware === 'efi'
    ? exitCommand(host?.efiExit ?? '', settings.efi_exit)
    : exitCommand(host?.biosExit ?? '', settings.bios_exit);
}

function bootUrl({ server }: BootScriptInput): string {
  return `http://${server.host}/fog/service/ipxe/boot.php`;
}

function script(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
