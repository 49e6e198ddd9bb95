import type { Host } from '#domain/host.js';
import { isHostName, nameFromMac, nameFromPattern } from '#domain/host-name.js';
import { clean } from '#domain/inventory.js';
import type { Context } from './context.js';

const NAME_COUNTER = 'registration.name';

export interface QuickRegistration {
  /** The first is the primary one. */
  readonly macs: readonly string[];
  readonly serial: string;
}

export interface FullRegistration {
  readonly macs: readonly string[];
  readonly name: string;
  readonly primaryUser: string;
  readonly other1: string;
  readonly other2: string;
}

export type Registration =
  | { readonly kind: 'registered'; readonly host: Host }
  /** The machine is a host already, by any of its MACs. */
  | { readonly kind: 'known'; readonly host: Host }
  | { readonly kind: 'refused'; readonly reason: string };

/** Makes a host of a machine that asked for it at its boot menu, with a name made by the pattern of the settings. */
export function registerQuickly(
  context: Context,
  { macs, serial }: QuickRegistration,
): Promise<Registration> {
  return register(context, macs, (mac) => {
    const { hosts, counters, settings } = context;
    const { name, next } = nameFromPattern({
      pattern: settings.registration.name,
      mac,
      serial,
      next: counters.get(NAME_COUNTER, 1),
      isTaken: (candidate) => hosts.byName(candidate) !== undefined,
    });
    counters.set(NAME_COUNTER, next);
    return hosts.byName(name) ? { refused: `a host named ${name} exists already` } : { name };
  });
}

/** Makes a host of a machine whose operator answered the questions of the full registration. An empty name means the MAC. */
export async function registerFully(context: Context, registration: FullRegistration): Promise<Registration> {
  return register(
    context,
    registration.macs,
    (mac) => {
      const name = registration.name === '' ? nameFromMac(mac) : registration.name;
      if (!isHostName(name))
        return { refused: `Unsafe hostname entered, please try again: ${clean(name, 60)}` };
      if (context.hosts.byName(name)) return { refused: 'Hostname already used, please try again' };
      return { name };
    },
    (host) => {
      const typed = {
        primaryUser: clean(registration.primaryUser, 50),
        other1: clean(registration.other1, 50),
        other2: clean(registration.other2, 50),
      };
      context.inventory.saveTyped(host.id, typed, context.clock.now());
    },
  );
}

async function register(
  { store, hosts, clock, settings }: Context,
  macs: readonly string[],
  choose: (primaryMac: string) => { name: string } | { refused: string },
  afterwards: (host: Host) => void = () => undefined,
): Promise<Registration> {
  const [primary] = macs;
  if (primary === undefined) return { kind: 'refused', reason: 'Invalid MAC Address!' };
  return store.commit((): Registration => {
    const [known] = hosts.byMacs(macs);
    if (known) return { kind: 'known', host: known };
    if (!settings.registration.enabled)
      return { kind: 'refused', reason: 'Registration is disabled on this server' };
    const chosen = choose(primary);
    if ('refused' in chosen) return { kind: 'refused', reason: chosen.refused };
    const createdAt = clock.now();
    const host = hosts.add({
      name: chosen.name,
      description: `Created by FOG Reg on ${new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ')}`,
      createdAt,
      createdBy: 'fos',
      macs,
    });
    afterwards(host);
    return { kind: 'registered', host };
  });
}
