import type { Host } from '#domain/host.js';
import { isHostName } from '#domain/host-name.js';
import { parseMac } from '#domain/mac.js';
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
  if (!isHostName(name)) throw actionErrors.HOST_NAME_BAD({ name });
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

export async function removeHost(context: Context, key: string): Promise<Host> {
  const host = findHost(context, key);
  await context.store.commit(() => context.hosts.remove(host.id));
  return host;
}
