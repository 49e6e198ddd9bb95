import type { BootSettings } from '#settings/schema.js';
import { exitCommands } from './exit.js';
import { type MenuInput, menuLines } from './menu.js';
import { bootFos, bootMemtest, exitLines, failed, prologue, script } from './parts.js';
import type { BootRequest } from './request.js';
import { type OrderedTask, type TaskArgsSettings, taskArgs } from './task-args.js';
import { ipxeText } from './text.js';

export interface BootScriptInput extends MenuInput {
  /** The host's active task, if it boots something. */
  readonly task?: OrderedTask;
  readonly images: TaskArgsSettings;
  /** A line for the screen before the menu. */
  readonly notice?: string;
}

/** What kind of script a machine gets, for the trace. */
export type ScriptKind = 'task' | 'menu-unregistered' | 'menu-registered' | 'menu-pending' | 'disk';

export interface BootScript {
  readonly kind: ScriptKind;
  readonly text: string;
}

/** The answer of `boot.php` to a machine at which nobody has logged in (spec fos-protocol 1.8): a pure function of what is known of it. */
export function bootScript(input: BootScriptInput): BootScript {
  const { host, task, settings, session, notice } = input;
  if (host && task?.type.boots === 'memtest')
    return { kind: 'task', text: script([...prologue(input), ...bootMemtest(input), ...failed(input)]) };
  if (host && task && !host.pending && session) {
    const args = taskArgs(host, task, input.images);
    return { kind: 'task', text: script([...prologue(input), ...bootFos(input, args), ...failed(input)]) };
  }
  if (settings.no_menu && host && !host.pending)
    return { kind: 'disk', text: script([...prologue(input), ...exitLines(input)]) };
  const kind = host ? (host.pending ? 'menu-pending' : 'menu-registered') : 'menu-unregistered';
  const told = notice === undefined ? [] : [`echo ${ipxeText(notice)}`, 'sleep 15'];
  return { kind, text: script([...prologue(input), ...told, ...menuLines(input)]) };
}

/**
 * The answer when fogd cannot decide: shows the problem and goes on to the disk. Never an HTTP error, which iPXE takes for a failed
 * chain (spec 8.1 no. 27).
 */
export function problemScript(
  problem: string,
  { request, settings }: { readonly request: BootRequest; readonly settings: BootSettings },
): string {
  const type = request.firmware === 'efi' ? settings.efi_exit : settings.bios_exit;
  return script([
    '#!ipxe',
    `echo fogd: ${ipxeText(problem)}`,
    'echo Going on to the hard disk in 15 seconds.',
    'sleep 15',
    ...exitCommands(type, request.arch),
  ]);
}
