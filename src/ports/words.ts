import type { Party, PortRow, Ports } from './row.js';

/** The plan for people: cells of the table of `fogd ports` and of the page of ports. */

const PARTIES: Readonly<Record<Party, string>> = {
  machine: 'machine',
  relay: 'DHCP relay',
  admin: 'admin',
  server: 'server',
  'nfs-host': 'host of nfs.share',
  dns: 'DNS server',
  web: 'web server',
};

export const COLUMNS = ['port', 'protocol', 'IP', 'from', 'to', 'needed', 'for', 'when', 'setting'] as const;

/** One cell for each column. */
export function cells(row: PortRow): string[] {
  const { protocol, from, fromPorts, to, toPorts, family, reach, isNeeded, why, when, setting } = row;
  const source = fromPorts === undefined ? '' : `, port ${portsText(fromPorts)}`;
  const own = fromPorts === undefined ? '' : `${portsText(fromPorts)} (source)`;
  return [
    toPorts === undefined ? own : portsText(toPorts),
    protocol,
    family === 'ipv4' ? '4' : '4, 6',
    `${from.map((party) => PARTIES[party]).join(', ')}${source}`,
    `${PARTIES[to]}${toPorts === undefined ? ', any port' : ''}${reach === 'link' ? ', same network' : ''}`,
    isNeeded ? 'yes' : 'no',
    why,
    when,
    setting,
  ];
}

/** `67`, `61000-61099`. */
export function portsText({ first, last }: Ports): string {
  return first === last ? String(first) : `${first}-${last}`;
}
