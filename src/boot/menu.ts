import type { Host } from '#domain/host.js';
import { KEYS, type MenuEntry } from '#domain/menu.js';
import { ask, CREDENTIALS, formEnd } from './chain.js';
import { kernelWords } from './kernel-line.js';
import { bootFos, bootMemtest, bootUrl, exitLines, failed, type ScriptInput } from './parts.js';
import { ipxeText } from './text.js';

/** The boot menu (spec fos-protocol 1.8.3 to 1.8.5). */

export interface MenuInput extends ScriptInput {
  readonly entries: readonly MenuEntry[];
  readonly registrationEnabled: boolean;
}

export function menuLines(input: MenuInput): string[] {
  const { request, settings, host } = input;
  const entries = input.entries.filter((entry) => isShown(entry, input));
  const first = entries.find(({ isDefault }) => isDefault) ?? entries[0];
  const timeout = settings.menu_timeout > 0 ? ` --timeout ${settings.menu_timeout * 1000}` : '';
  const isHidden = settings.menu_hidden && !request.form.menuAccess;
  return [
    ...(isHidden ? hidden(input) : []),
    ':MENU',
    'menu',
    ...(request.dialect === 'form' ? colours(host !== undefined) : []),
    `item --gap ${heading(host)}`,
    'item --gap -- -------------------------------------',
    ...entries.map(item),
    // Leaving the menu with ESC asks again: the machine may have been registered or tasked meanwhile.
    `choose${first ? ` --default ${first.name}` : ''}${timeout} target && goto \${target} || goto again`,
    ...entries.flatMap((entry) => [`:${entry.name}`, ...block(entry, input)]),
    ...failed(input),
    ':again',
    ...ask(request.dialect, bootUrl(input), request.form.menuAccess ? { menuAccess: '1' } : {}, 'goto MENU'),
    ...formEnd(request.dialect, bootUrl(input), 'goto MENU'),
  ];
}

/** Who is in a hurry boots; who presses the key logs in and sees the menu. Not a lock: each action is protected by itself (spec 8.3). */
function hidden(input: MenuInput): string[] {
  const { request, settings } = input;
  // The firmware of UEFI keeps function keys to itself.
  const name = request.firmware === 'efi' || settings.hidden_key === '' ? 'ESC' : settings.hidden_key;
  const key = KEYS.get(name) ?? '0x1b';
  const timeout = settings.hidden_timeout * 1000;
  return [
    `prompt --key ${key} --timeout ${timeout} Booting... (Press ${name} to access the menu) && goto menuAccess ||`,
    ...exitLines(input, 'goto menuAccess'),
    ':menuAccess',
    ...loginForm(input, { menuaccess: '1', debug: '1' }, 'goto failed'),
  ];
}

/** Asks for name and password, and posts them with these fields. */
export function loginForm(
  input: ScriptInput,
  fields: Readonly<Record<string, string>>,
  onFailure: string,
): string[] {
  return [
    `login || ${onFailure}`,
    ...ask(input.request.dialect, bootUrl(input), { ...CREDENTIALS, ...fields }, onFailure),
  ];
}

function heading(host: Host | undefined): string {
  if (!host) return 'Host is NOT registered!';
  return host.pending ? 'Host is pending approval!' : `Host is registered as ${ipxeText(host.name)}!`;
}

function item({ name, description, hotKey }: MenuEntry): string {
  const key = KEYS.get(hotKey);
  return `item ${key === undefined ? '' : `--key ${key} `}${name} ${ipxeText(description)}`;
}

function isShown(entry: MenuEntry, { host, registrationEnabled, settings, request }: MenuInput): boolean {
  if (!entry.enabled) return false;
  switch (entry.shownTo) {
    case 'all':
      return true;
    case 'unregistered':
      return !host && registrationEnabled;
    case 'registered':
      return host !== undefined && !host.pending;
    case 'pending':
      return host?.pending === true;
    case 'debug':
      return request.form.debug;
    case 'advanced':
      return settings.advanced_script !== '' && !settings.advanced_login;
    case 'advanced-login':
      return settings.advanced_script !== '' && settings.advanced_login;
  }
}

function block(entry: MenuEntry, input: MenuInput): string[] {
  switch (entry.action) {
    case 'local':
      return exitLines(input, 'goto MENU');
    case 'memtest':
      return bootMemtest(input);
    case 'fos':
      return bootFos(input, kernelWords(entry.argument));
    case 'login':
      return loginForm(input, { [entry.argument]: '1' }, 'goto MENU');
    case 'advanced':
      return [`chain -ar ${bootUrl(input).replace('boot.php', 'advanced.php')} || goto MENU`];
    case 'script':
      return [...entry.argument.split(/\r?\n/).filter((line) => line.trim() !== ''), 'goto MENU'];
  }
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
