import type { Host } from '#domain/host.js';
import { isHostName } from '#domain/host-name.js';
import { choosePrimaryMac } from '#domain/primary-mac.js';
import { sourceNetwork } from '#source-network.js';
import type { Context } from './context.js';
import { ownMacs } from './find-client.js';
import { notePendingMacs } from './pending-macs.js';

export interface ClientRegistration {
  /** Of the running system. */
  readonly hostname: string;
  readonly macs: readonly string[];
  readonly address: string;
}

export type ClientRegistered =
  /** A new host, which waits for approval. */
  | { readonly kind: 'registered'; readonly host: Host }
  /** Addresses of a host that it has to approve. */
  | { readonly kind: 'macs'; readonly host: Host; readonly count: number }
  | { readonly kind: 'nothing'; readonly host: Host }
  | {
      readonly kind: 'refused';
      /** As FOG says it; the client ignores it. */
      readonly code: string;
      readonly reason: string;
      readonly host?: Host;
    };

/** Who may call for nothing must not fill the list that a person has to go through. */
const MOST_PENDING_HOSTS = 5_000;

/** What an unknown FOG Client asks for after its handshake was answered with `ih` (spec client-protocol 4.4). Resolves when durable. */
export async function registerClient(
  context: Context,
  { hostname, macs: listed, address }: ClientRegistration,
): Promise<ClientRegistered> {
  const { store, hosts, settings, clock, clientLimits } = context;
  const refused = (code: string, reason: string): ClientRegistered => ({ kind: 'refused', code, reason });
  if (!settings.client.hostregister) return refused('ng', 'client.hostregister is off');
  if (!clientLimits.registrations.take(sourceNetwork(address)))
    return refused('er', 'too many registrations from there');
  // macOS adds it to what people named the machine.
  const name = hostname.replace(/\.local$/i, '');
  return await store.commit((): ClientRegistered => {
    const macs = countingMacs(context, listed);
    const primary = choosePrimaryMac(macs);
    if (primary === undefined) return refused('im', 'it names no MAC address that counts');
    const namesake = hosts.byName(name);
    const known = hosts.byMacs(macs)[0] ?? (namesake?.pending === false ? namesake : undefined);
    if (known) {
      const count = notePendingMacs(context, known, macs);
      if (count === 'full') {
        const most = settings.client.max_pending_macs;
        const code = `er: Too many MACs. Only allowed to have ${most} additional macs.`;
        return { kind: 'refused', code, reason: 'too many of its MAC addresses wait already', host: known };
      }
      return count === 0 ? { kind: 'nothing', host: known } : { kind: 'macs', host: known, count };
    }
    if (!isHostName(name)) return refused('ih', 'its name cannot be that of a host');
    if (namesake) return refused('ih', `another machine named ${namesake.name} waits for approval`);
    if (hosts.countPending() >= MOST_PENDING_HOSTS) return refused('er', 'too many hosts wait for approval');
    const added = hosts.add({
      name,
      description: 'Pending Registration created by FOG_CLIENT',
      createdAt: clock.now(),
      createdBy: 'client',
      macs: [primary, ...macs.filter((mac) => mac !== primary)],
    });
    hosts.change(added.id, { pending: true });
    return { kind: 'registered', host: hosts.byId(added.id) ?? added };
  });
}

/** Without shared adapters either (spec client-protocol 2.8): whoever lists one is not therefore the host that it was seen at first. */
function countingMacs(context: Context, listed: readonly string[]): string[] {
  const own = ownMacs(context, listed);
  const shared = context.hosts
    .byMacs(own)
    .flatMap(({ macs }) => macs.flatMap(({ mac, clientIgnore }) => (clientIgnore ? [mac] : [])));
  return own.filter((mac) => !shared.includes(mac));
}
