import { externalShare } from '#domain/share.js';
import { parsePorts } from '#settings/formats.js';
import { isAddress } from '#settings/network.js';
import type { Settings } from '#settings/schema.js';

/**
 * Every port that fogd has to do with, from the settings in force. The command `fogd ports`, the rules for firewalls and the page of ports are
 * made of it, and a test compares it with the sockets that are really held.
 */

/** `relay`: a router or switch that passes DHCP on (helper address). `nfs-host`: the other server of `nfs.share`. `web`: any web server. */
export type Party = 'machine' | 'relay' | 'admin' | 'server' | 'nfs-host' | 'dns' | 'web';

/** Both ends included. */
export interface Ports {
  readonly first: number;
  readonly last: number;
}

/** Programs on fogd's own machine that listen. */
export type Holder = 'fogd' | 'rpcbind' | 'ganesha.nfsd';

export interface PortRow {
  /** For programs; never changes. */
  readonly name: string;
  readonly protocol: 'udp' | 'tcp';
  /** Who sends the first packet. Answers go the way back. */
  readonly from: readonly Party[];
  /** Ports that it is sent from; absent: any. */
  readonly fromPorts?: Ports;
  readonly to: Party;
  /** Ports that it is sent to; absent: any. */
  readonly toPorts?: Ports;
  readonly family: 'ipv4' | 'both';
  /** `link`: only inside one network; no router passes it on, and none has to. */
  readonly reach: 'link' | 'routed';
  /** False: machines and fogd do without where a firewall drops it. */
  readonly isNeeded: boolean;
  /** Who listens on the server's end of it, all the time; absent: nobody. */
  readonly holder?: Holder;
  /** A firewall with a connection-tracking helper for TFTP lets it through by itself. */
  readonly byHelper?: true;
  /** Short: it also stands in rules, which have room for 128 characters. */
  readonly why: string;
  /** From when to when something goes over it. */
  readonly when: string;
  /** The setting that turns it on or names its port. */
  readonly setting: string;
}

export type PlanSettings = Pick<Settings, 'server' | 'http' | 'https' | 'tftp' | 'dhcp' | 'nfs'>;

const DHCP_SERVER = one(67);
const DHCP_CLIENT = one(68);
const DISCARD = one(9);
const NFS = one(2049);
const PORT_MAPPER = one(111);
/** Where MOUNT is by convention; Linux's own server is told so by `port=20048` under `[mountd]` in /etc/nfs.conf. */
const MOUNT = one(20048);

/** In the order of a boot. */
export function portPlan(settings: PlanSettings): readonly PortRow[] {
  return [
    ...dhcpRows(settings),
    ...tftpRows(settings),
    ...httpRows(settings),
    ...nfsRows(settings),
    ...outgoingRows(settings),
  ];
}

function dhcpRows({ dhcp }: PlanSettings): PortRow[] {
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
      toPorts: DHCP_SERVER,
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
      fromPorts: DHCP_SERVER,
      to: 'machine',
      toPorts: DHCP_CLIENT,
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
      toPorts: DHCP_SERVER,
      reach: 'routed',
      holder: 'fogd',
      why: 'DHCP: relays pass on what machines ask',
      when,
    },
    {
      ...common,
      name: 'dhcp-relay-answers',
      from: ['server'],
      fromPorts: DHCP_SERVER,
      to: 'relay',
      toPorts: DHCP_SERVER,
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
      toPorts: one(4011),
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

function tftpRows({ tftp }: PlanSettings): PortRow[] {
  if (!tftp.enabled) return [];
  const range = tftp.single_port ? undefined : parsePorts(tftp.port_range);
  const common = {
    protocol: 'udp',
    family: 'both',
    reach: 'routed',
    isNeeded: true,
    holder: 'fogd',
    when: 'at boot, until the boot loader runs',
  } as const;
  const requests: PortRow = {
    ...common,
    name: 'tftp-requests',
    from: ['machine'],
    to: 'server',
    toPorts: one(69),
    why: range
      ? 'TFTP: requests for boot loaders'
      : 'TFTP: requests for boot loaders, and the files themselves',
    setting: range ? 'tftp.enabled' : 'tftp.single_port',
  };
  if (!range) return [requests];
  return [
    requests,
    {
      ...common,
      name: 'tftp-files',
      from: ['server'],
      fromPorts: range,
      to: 'machine',
      byHelper: true,
      why: 'TFTP: files, to the port that asked; acknowledgements go the way back',
      setting: 'tftp.port_range',
    },
  ];
}

function httpRows({ http, https }: PlanSettings): PortRow[] {
  const common = {
    protocol: 'tcp',
    from: ['machine', 'admin'],
    to: 'server',
    family: 'both',
    reach: 'routed',
    isNeeded: true,
    holder: 'fogd',
  } as const;
  const plain: PortRow = {
    ...common,
    name: 'http',
    toPorts: one(http.port),
    why: 'HTTP: boot scripts, kernel and init, all calls of machines, API',
    when: 'from the boot loader on; FOG Clients at any time',
    setting: 'http.port',
  };
  if (!https.enabled) return [plain];
  return [
    plain,
    {
      ...common,
      name: 'https',
      toPorts: one(https.port),
      why: 'HTTPS: the same, for FOG Clients, people, and boot loaders that trust the certificate',
      when: 'FOG Clients at any time',
      setting: 'https.port',
    },
  ];
}

function nfsRows({ nfs }: PlanSettings): PortRow[] {
  if (!nfs.enabled) return [];
  const common = {
    protocol: 'tcp',
    family: 'ipv4',
    reach: 'routed',
    isNeeded: true,
    when: 'while a machine is imaged',
  } as const;
  if (nfs.backend === 'external') {
    if (externalShare(nfs) === undefined) return [];
    const other = { ...common, from: ['machine', 'server'], to: 'nfs-host', setting: 'nfs.share' } as const;
    const looks = 'while a machine is imaged; fogd looks every 15 seconds';
    return [
      {
        ...other,
        name: 'nfs-host-port-mapper',
        toPorts: PORT_MAPPER,
        why: 'port mapper of the host with the images: where NFS and MOUNT are',
        when: looks,
      },
      {
        ...other,
        name: 'nfs-host-mount',
        toPorts: MOUNT,
        why: 'MOUNT of the host with the images',
        when: looks,
      },
      { ...other, name: 'nfs-host-nfs', toPorts: NFS, why: 'NFS of the host with the images', when: looks },
      ...[PORT_MAPPER, MOUNT].map(
        (toPorts): PortRow => ({
          ...other,
          name: toPorts === MOUNT ? 'nfs-host-mount-udp' : 'nfs-host-port-mapper-udp',
          protocol: 'udp',
          from: ['server'],
          toPorts,
          why: 'fogd looks whether UDP works where that host says that it offers it',
          when: 'every 15 seconds',
        }),
      ),
    ];
  }
  const own = { ...common, from: ['machine'], to: 'server' } as const;
  return [
    {
      ...own,
      name: 'port-mapper',
      toPorts: PORT_MAPPER,
      holder: 'rpcbind',
      why: 'port mapper (rpcbind): where MOUNT and NFS are; the imaging environment asks by TCP',
      setting: 'nfs.enabled',
    },
    {
      ...own,
      name: 'port-mapper-udp',
      protocol: 'udp',
      toPorts: PORT_MAPPER,
      isNeeded: false,
      holder: 'rpcbind',
      why: 'port mapper for other NFSv3 clients; no machine of fogd asks by UDP',
      setting: 'nfs.enabled',
    },
    {
      ...own,
      name: 'mount',
      toPorts: one(nfs.mount_port),
      holder: 'ganesha.nfsd',
      why: 'MOUNT protocol of NFSv3: where images are mounted',
      setting: 'nfs.mount_port',
    },
    {
      ...own,
      name: 'nfs',
      toPorts: one(nfs.port),
      holder: 'ganesha.nfsd',
      why: 'NFS: images are read and written',
      setting: 'nfs.port',
    },
  ];
}

/** What fogd asks of others, and what names need. It never asks for the time: that is the machine's own affair. */
function outgoingRows({ server, nfs }: PlanSettings): PortRow[] {
  const rows: PortRow[] = [];
  const common = { family: 'both', reach: 'routed' } as const;
  rows.push({
    ...common,
    name: 'wake-on-lan',
    protocol: 'udp',
    family: 'ipv4',
    from: ['server'],
    to: 'machine',
    toPorts: DISCARD,
    reach: 'link',
    isNeeded: true,
    why: 'wake on LAN, by broadcast into each network of the server',
    when: 'when a task is to turn a machine on',
    setting: '–',
  });
  const dns = { ...common, name: 'dns', to: 'dns', toPorts: one(53), isNeeded: true } as const;
  if (server.hostname !== undefined)
    rows.push({
      ...dns,
      protocol: 'udp',
      from: ['machine'],
      why: 'DNS: machines are given the name of this server',
      when: 'from the boot loader on',
      setting: 'server.hostname',
    });
  const share = nfs.enabled ? externalShare(nfs) : undefined;
  if (share !== undefined && !isAddress(share.host))
    rows.push({
      ...dns,
      name: 'nfs-host-dns',
      protocol: 'udp',
      from: ['machine', 'server'],
      why: 'DNS: nfs.share names its host',
      when: 'while a machine is imaged; fogd looks every 15 seconds',
      setting: 'nfs.share',
    });
  rows.push(
    ...[80, 443].map(
      (port): PortRow => ({
        ...common,
        name: port === 80 ? 'download-http' : 'download-https',
        protocol: 'tcp',
        from: ['server'],
        to: 'web',
        toPorts: one(port),
        isNeeded: false,
        why: 'boot files from an address of the web',
        when: 'fogd bootfile add URL',
        setting: '–',
      }),
    ),
    {
      ...dns,
      name: 'download-dns',
      protocol: 'udp',
      from: ['server'],
      isNeeded: false,
      why: 'DNS: the name in such an address',
      when: 'fogd bootfile add URL',
      setting: '–',
    },
  );
  return rows;
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

function one(port: number): Ports {
  return { first: port, last: port };
}
