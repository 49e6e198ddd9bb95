import { isExitType } from '#boot/exit.js';
import { KERNEL_WORD, kernelWords } from '#boot/kernel-line.js';
import { type Host, isProductKey, primaryMac } from '#domain/host.js';
import { isHostName } from '#domain/host-name.js';
import { parseMac } from '#domain/mac.js';
import { isUsableName } from '#domain/usable-name.js';
import type { HostChanges, MacChanges } from '#store/hosts.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

/** What people do to hosts, from the command line or the API. All throw errors of the catalogue and resolve when durable. */

/** Finds a host by name or by any of its MACs. Throws HOST_UNKNOWN. */
export function findHost({ hosts }: Context, key: string): Host {
  const mac = parseMac(key);
  const host = hosts.byName(key) ?? (mac === undefined ? undefined : hosts.byMacs([mac])[0]);
  if (!host) throw actionErrors.HOST_UNKNOWN({ key });
  return host;
}

export async function addHost(
  { store, hosts, clock }: Context,
  name: string,
  macTexts: readonly string[],
  actor: string,
): Promise<Host> {
  if (!isNewHostName(name)) throw actionErrors.HOST_NAME_BAD({ name });
  const macs = macTexts.map((text) => {
    const mac = parseMac(text);
    if (mac === undefined) throw actionErrors.MAC_BAD({ mac: text });
    return mac;
  });
  return store.commit(() => {
    if (hosts.byName(name)) throw actionErrors.HOST_EXISTS({ name });
    for (const mac of macs) {
      const [owner] = hosts.byMacs([mac]);
      if (owner) throw actionErrors.MAC_TAKEN({ mac, name: owner.name });
    }
    return hosts.add({
      name,
      description: '',
      createdAt: clock.now(),
      createdBy: actor,
      macs: [...new Set(macs)],
    });
  });
}

/** FOG takes more, and machines may register so (spec fos-protocol 3.10). */
const isNewHostName = (name: string): boolean => isHostName(name) && isUsableName(name);

/** What a host may have in each field; empty always means "as all others". */
const FIELD_RULES: Readonly<Partial<Record<keyof HostChanges, (value: string) => boolean>>> = {
  name: isNewHostName,
  kernel: isFileName,
  init: isFileName,
  kernelArgs: (value) => kernelWords(value).every((word) => KERNEL_WORD.test(word)),
  biosExit: isExitType,
  efiExit: isExitType,
  // A device, a size in bytes, a serial number, a WWN or a UUID; several with commas (spec fos-protocol 2.2, fdrive).
  disk: (value) => /^[A-Za-z0-9._:/,+@%-]{1,64}$/.test(value),
  productKey: isProductKey,
};

function isFileName(value: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._@-]{0,95}$/.test(value);
}

/** Changes what is named. Throws HOST_UNKNOWN, HOST_EXISTS, HOST_CHANGE_BAD. */
export async function changeHost(context: Context, key: string, changes: HostChanges): Promise<Host> {
  const { store, hosts } = context;
  const host = findHost(context, key);
  for (const [field, value] of Object.entries(changes)) {
    const rule = FIELD_RULES[field as keyof HostChanges];
    const isEmptied = value === '' && field !== 'name';
    if (typeof value === 'string' && rule && !isEmptied && !rule(value))
      throw actionErrors.HOST_CHANGE_BAD({ name: host.name, field, value });
  }
  return store.commit(() => {
    const owner = changes.name === undefined ? undefined : hosts.byName(changes.name);
    if (owner && owner.id !== host.id) throw actionErrors.HOST_EXISTS({ name: owner.name });
    hosts.change(host.id, changes);
    return hosts.byId(host.id) ?? host;
  });
}

/** Adds a MAC address, or changes what it is for. Throws HOST_UNKNOWN, MAC_BAD, MAC_TAKEN. */
export async function addMac(
  context: Context,
  key: string,
  text: string,
  changes: MacChanges = {},
): Promise<Host> {
  return withMac(context, key, text, (host, mac) => {
    const [owner] = context.hosts.byMacs([mac]);
    if (owner && owner.id !== host.id) throw actionErrors.MAC_TAKEN({ mac, name: owner.name });
    if (!owner) context.hosts.addMac(host.id, mac);
    context.hosts.changeMac(host.id, mac, changes);
  });
}

/** Throws HOST_UNKNOWN, MAC_BAD, MAC_UNKNOWN, MAC_PRIMARY. */
export async function removeMac(context: Context, key: string, text: string): Promise<Host> {
  return withMac(context, key, text, (host, mac) => {
    if (!host.macs.some((one) => one.mac === mac)) throw actionErrors.MAC_UNKNOWN({ mac, name: host.name });
    if (primaryMac(host) === mac) throw actionErrors.MAC_PRIMARY({ mac, name: host.name });
    context.hosts.removeMac(host.id, mac);
  });
}

async function withMac(
  context: Context,
  key: string,
  text: string,
  work: (host: Host, mac: string) => void,
): Promise<Host> {
  const mac = parseMac(text);
  if (mac === undefined) throw actionErrors.MAC_BAD({ mac: text });
  return context.store.commit(() => {
    const host = findHost(context, key);
    work(host, mac);
    return context.hosts.byId(host.id) ?? host;
  });
}

export async function removeHost(context: Context, key: string): Promise<Host> {
  const host = findHost(context, key);
  await context.store.commit(() => context.hosts.remove(host.id));
  // The next host may get its number.
  context.clientSessions.end(host.id);
  context.clientContacts.forget(host.id);
  return host;
}
