import { httpRows, tftpRows } from './boot-rows.js';
import { dhcpRows } from './dhcp-rows.js';
import { nfsRows } from './nfs-rows.js';
import { outgoingRows } from './outgoing-rows.js';
import type { Holder, Party, PlanSettings, PortRow } from './row.js';

/**
 * Every port that fogd has to do with, from the settings in force, in the order of a boot (docs/adr/0020). The command `fogd ports`, the rules
 * for firewalls and the page of ports are made of it, and a test compares it with the sockets that are really held.
 */
export function portPlan(settings: PlanSettings): readonly PortRow[] {
  return [
    ...dhcpRows(settings),
    ...tftpRows(settings),
    ...httpRows(settings),
    ...nfsRows(settings),
    ...outgoingRows(settings),
  ];
}

export interface HeldPort {
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  readonly holder: Holder;
}

/** The ports of fogd's own machine on which somebody listens all the time, each once. */
export function heldPorts(plan: readonly PortRow[]): HeldPort[] {
  const held = new Map<string, HeldPort>();
  for (const { holder, protocol, to, toPorts, fromPorts } of plan) {
    const ports = to === 'server' ? toPorts : fromPorts;
    if (holder === undefined || ports === undefined) continue;
    for (let port = ports.first; port <= ports.last; port++)
      held.set(`${port}/${protocol}`, { protocol, port, holder });
  }
  return [...held.values()];
}

/** What a firewall between machines and server sees of it. */
export function crossing(
  plan: readonly PortRow[],
  { families, helper }: { readonly families: readonly (4 | 6)[]; readonly helper: boolean },
): PortRow[] {
  const isOutside = (party: Party) => party === 'machine' || party === 'relay';
  return plan.filter(
    (row) =>
      row.reach === 'routed' &&
      (row.family === 'both' || families.includes(4)) &&
      !(helper && row.byHelper) &&
      (row.to === 'server' ? row.from.some(isOutside) : row.from.includes('server') && isOutside(row.to)),
  );
}
