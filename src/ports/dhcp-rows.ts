import { one, type PlanSettings, type PortRow } from './row.js';

const SERVER = one(67);
const CLIENT = one(68);
const BOOT_SERVER = one(4011);
/** discard: nobody answers there. */
const DISCARD = one(9);

export function dhcpRows({ dhcp }: PlanSettings): PortRow[] {
  if (dhcp.mode === 'off') return [];
  const common = { protocol: 'udp', family: 'ipv4', isNeeded: true, setting: 'dhcp.mode' } as const;
  const isServer = dhcp.mode === 'server';
  const when = isServer ? 'at boot, and when a lease is renewed' : 'at boot';
  // A proxy leases nothing: nobody renews, and INFORM is not its own to answer. What goes directly goes to 4011.
  const reach = isServer ? 'routed' : 'link';
  const rows: PortRow[] = [
    {
      ...common,
      name: 'dhcp-requests',
      from: ['machine'],
      to: 'server',
      toPorts: SERVER,
      reach,
      holder: 'fogd',
      why: isServer
        ? 'DHCP: machines ask by broadcast, and directly when they renew'
        : 'DHCP: machines ask by broadcast',
      when,
    },
    {
      ...common,
      name: 'dhcp-answers',
      from: ['server'],
      fromPorts: SERVER,
      to: 'machine',
      toPorts: CLIENT,
      reach,
      why: isServer
        ? 'DHCP: answers, by broadcast, and directly to machines that ask for information (INFORM)'
        : 'DHCP: answers, by broadcast',
      when,
    },
    {
      ...common,
      name: 'dhcp-relayed',
      from: ['relay'],
      to: 'server',
      toPorts: SERVER,
      reach: 'routed',
      holder: 'fogd',
      why: 'DHCP: relays pass on what machines ask',
      when,
    },
    {
      ...common,
      name: 'dhcp-relay-answers',
      from: ['server'],
      fromPorts: SERVER,
      to: 'relay',
      toPorts: SERVER,
      reach: 'routed',
      why: 'DHCP: answers to relays, at their address in the network of the machine',
      when,
    },
  ];
  if (dhcp.mode === 'proxy')
    rows.push({
      ...common,
      name: 'pxe-boot-server',
      from: ['machine'],
      to: 'server',
      toPorts: BOOT_SERVER,
      reach: 'routed',
      holder: 'fogd',
      why: 'PXE boot server: firmware that asks it when it has an address',
      when,
    });
  if (isServer && dhcp.probe)
    rows.push({
      ...common,
      name: 'dhcp-probe',
      from: ['server'],
      to: 'machine',
      toPorts: DISCARD,
      reach: 'link',
      isNeeded: false,
      why: 'one byte to an address that is to be leased; only the ARP question that it makes counts',
      when: 'before an address is leased for the first time',
      setting: 'dhcp.probe',
    });
  return rows;
}
