import type { Image } from '#domain/image.js';
import { ask, CREDENTIALS, type FieldValue, formEnd, queryLine } from './chain.js';
import { loginForm } from './menu.js';
import { bootFos, bootUrl, exitLines, failed, prologue, type ScriptInput, script } from './parts.js';
import { imageArgs, type TaskArgsSettings } from './task-args.js';
import { ipxeText } from './text.js';

/** What a machine is told after somebody chose an action at its menu and logged in (spec fos-protocol 1.8.6 to 1.8.8). */

/** After an action the machine asks again, with the menu open (FOG's "re-chain"). */
const OPEN: Readonly<Record<string, FieldValue>> = { menuAccess: '1', debug: '1' };

/** Shows a message, and asks again. */
export function messageScript(
  input: ScriptInput,
  message: string,
  { forget = false }: { readonly forget?: boolean } = {},
): string {
  return asking(
    input,
    [`echo ${ipxeText(message)}`, ...(forget ? ['clear username', 'clear password'] : []), 'sleep 3'],
    forget && input.settings.menu_hidden ? {} : OPEN,
  );
}

/** Asks again at once; the hidden menu is open from then on. */
export function openMenuScript(input: ScriptInput): string {
  return asking(input, [], OPEN);
}

/** Asks for a login, for what the server has to do and not for an entry of the menu. */
export function loginScript(input: ScriptInput, message: string): string {
  const { dialect } = input.request;
  return script([
    ...prologue(input),
    `echo ${ipxeText(message)}`,
    ...loginForm(input, {}, 'goto disk'),
    ...formEnd(dialect, bootUrl(input), 'goto disk'),
    ':disk',
    ...exitLines(input),
  ]);
}

/** Asks for a product key. */
export function keyScript(input: ScriptInput): string {
  const fields = { ...CREDENTIALS, keyreg: '1', key: { setting: 'key' } };
  return asking(input, ['echo -n Please enter the product key :', 'read key'], fields);
}

/** Asks whether it is meant. */
export function confirmScript(input: ScriptInput, question: string, action: string, confirm: string): string {
  const { dialect } = input.request;
  const url = bootUrl(input);
  return script([
    ...prologue(input),
    `prompt --key y ${ipxeText(question)} (y/N): && goto yes || goto no`,
    ':yes',
    ...ask(dialect, url, { ...CREDENTIALS, [action]: '1', [confirm]: '1' }, 'goto failed'),
    ':no',
    ...ask(dialect, url, OPEN, 'goto failed'),
    ...formEnd(dialect, url, 'goto failed'),
    ...failed(input),
  ]);
}

/** The images that may be deployed; choosing one posts its number. */
export function imageListScript(
  input: ScriptInput,
  images: readonly Image[],
  chosen: Image | undefined,
): string {
  const { dialect } = input.request;
  const url = bootUrl(input);
  const first = chosen ?? images[0];
  const label = ({ id }: Image): string => `image-${id}`;
  return script([
    ...prologue(input),
    ':MENU',
    'menu',
    ...images.map((image) => `item ${label(image)} ${ipxeText(image.name)} (${image.id})`),
    'item return Return to menu',
    // No time-out: nothing is written to a disk because somebody was away.
    `choose${first ? ` --default ${label(first)}` : ''} target && goto \${target} || goto return`,
    ...images.flatMap((image) => [
      `:${label(image)}`,
      ...ask(dialect, url, { ...CREDENTIALS, qihost: '1', imageID: String(image.id) }, 'goto MENU'),
    ]),
    ':return',
    ...ask(dialect, url, OPEN, 'goto MENU'),
    ...formEnd(dialect, url, 'goto MENU'),
    ...failed(input),
  ]);
}

/** FOS with a shell. */
export function debugScript(input: ScriptInput): string {
  return script([...prologue(input), ...bootFos(input, ['isdebug=yes']), ...failed(input)]);
}

/**
 * Deploys to a machine that is no host (FOG's "false tasking", spec 1.9.7): `capone=1` makes FOS skip check-in and completion, which could
 * find no task.
 */
export function quickDeployScript(
  input: ScriptInput,
  mac: string,
  image: Image,
  settings: TaskArgsSettings & { readonly unregistered_disk: string },
): string {
  const args = [
    `mac=${mac}`,
    `osid=${image.osId}`,
    'irqpoll',
    ...imageArgs(image, settings),
    'capone=1',
    ...(settings.unregistered_disk === '' ? [] : [`fdrive=${settings.unregistered_disk}`]),
    'type=down',
  ];
  return script([...prologue(input), ...bootFos(input, args), ...failed(input)]);
}

function asking(
  input: ScriptInput,
  lines: readonly string[],
  fields: Readonly<Record<string, FieldValue>>,
): string {
  const { dialect } = input.request;
  const url = bootUrl(input);
  return script([
    ...prologue(input),
    ...lines,
    ...ask(dialect, url, fields, 'goto failed'),
    ...formEnd(dialect, url, 'goto failed'),
    ...failed(input),
  ]);
}

/** The admin's own script; without one, back to the menu. */
export function advancedScript(text: string, url: string): string {
  if (text !== '') return script(['#!ipxe', text]);
  return script(['#!ipxe', 'echo There is no advanced menu without a login.', 'sleep 3', queryLine(url)]);
}
