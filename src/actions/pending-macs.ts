import type { Host } from '#domain/host.js';
import type { Context } from './context.js';
import { ownMacs } from './find-client.js';

/**
 * MACs that a FOG Client lists and nobody has yet become pending ones of its host: a person decides. Gives how many are new; inside
 * `store.commit`. Where the host has too many that wait already, `full`.
 */
export function notePendingMacs(
  { hosts, settings }: Pick<Context, 'hosts' | 'settings'>,
  host: Host,
  macs: readonly string[],
): number | 'full' {
  const most = settings.client.max_pending_macs;
  const fresh = ownMacs({ settings }, macs).filter((mac) => hosts.byMacs([mac]).length === 0);
  if (fresh.length === 0) return 0;
  const room = most - host.macs.filter(({ pending }) => pending).length;
  if (room <= 0) return 'full';
  for (const mac of fresh.slice(0, room)) hosts.addMac(host.id, mac, true);
  return Math.min(room, fresh.length);
}
