import { describe, expect, it } from 'vitest';
import { crossing, heldPorts, portPlan } from '#ports/plan.js';
import type { PortRow } from '#ports/row.js';
import { settingsOf } from './settings.js';

const plan = (toml = '') => portPlan(settingsOf(toml));
const ports = ({ fromPorts, toPorts }: PortRow) => {
  const text = (range = { first: 0, last: 0 }) =>
    range.first === range.last ? `${range.first || ''}` : `${range.first}-${range.last}`;
  return { from: text(fromPorts), to: text(toPorts) };
};
/** `machine > server:69/udp` */
const flow = (row: PortRow) => {
  const { from, to } = ports(row);
  const end = (party: string, port: string) => (port === '' ? party : `${party}:${port}`);
  return `${end(row.from.join('+'), from)} > ${end(row.to, to)}/${row.protocol}`;
};
const flows = (rows: readonly PortRow[]) => rows.map(flow);
const ALWAYS = [
  'server > machine:9/udp',
  'server > web:80/tcp',
  'server > web:443/tcp',
  'server > dns:53/udp',
];
const TFTP = ['machine > server:69/udp', 'server:61000-61099 > machine/udp'];
const HTTP = ['machine+admin > server:80/tcp', 'machine+admin > server:443/tcp'];
const NFS = [
  'machine > server:111/tcp',
  'machine > server:111/udp',
  'machine > server:20048/tcp',
  'machine > server:2049/tcp',
];
const DHCP = [
  'machine > server:67/udp',
  'server:67 > machine:68/udp',
  'relay > server:67/udp',
  'server:67 > relay:67/udp',
];
const SERVER = `[dhcp]
mode = "server"
interfaces = ["eth0"]
[[dhcp.subnets]]
network = "10.0.0.0/24"
ranges = ["10.0.0.100-10.0.0.199"]`;
const PROXY = '[dhcp]\nmode = "proxy"\ninterfaces = ["eth0"]';
const external = (share: string) => `[nfs]\nbackend = "external"\nshare = "${share}"`;

describe('the plan of ports', () => {
  it.each<[string, string, readonly string[]]>([
    ['by default: no DHCP', '', [...TFTP, ...HTTP, ...NFS, ...ALWAYS]],
    ['DHCP server', SERVER, [...DHCP, 'server > machine:9/udp', ...TFTP, ...HTTP, ...NFS, ...ALWAYS]],
    [
      'DHCP server that looks for nobody before it leases',
      SERVER.replace('[[', 'probe = false\n[['),
      [...DHCP, ...TFTP, ...HTTP, ...NFS, ...ALWAYS],
    ],
    [
      'proxy, with a boot server of its own',
      PROXY,
      [...DHCP, 'machine > server:4011/udp', ...TFTP, ...HTTP, ...NFS, ...ALWAYS],
    ],
    [
      'TFTP by one port',
      '[tftp]\nsingle_port = true',
      ['machine > server:69/udp', ...HTTP, ...NFS, ...ALWAYS],
    ],
    [
      'TFTP by another range',
      '[tftp]\nport_range = "50000"',
      ['machine > server:69/udp', 'server:50000 > machine/udp', ...HTTP, ...NFS, ...ALWAYS],
    ],
    ['no TFTP', '[tftp]\nenabled = false', [...HTTP, ...NFS, ...ALWAYS]],
    [
      'other ports',
      '[http]\nport = 8080\n[https]\nport = 8443\n[nfs]\nport = 12049\nmount_port = 12048',
      [
        ...TFTP,
        'machine+admin > server:8080/tcp',
        'machine+admin > server:8443/tcp',
        'machine > server:111/tcp',
        'machine > server:111/udp',
        'machine > server:12048/tcp',
        'machine > server:12049/tcp',
        ...ALWAYS,
      ],
    ],
    ['no HTTPS', '[https]\nenabled = false', [...TFTP, 'machine+admin > server:80/tcp', ...NFS, ...ALWAYS]],
    ['no NFS', '[nfs]\nenabled = false', [...TFTP, ...HTTP, ...ALWAYS]],
    [
      'images on another host',
      external('10.0.0.5:/images'),
      [
        ...TFTP,
        ...HTTP,
        'machine+server > nfs-host:111/tcp',
        'machine+server > nfs-host:20048/tcp',
        'machine+server > nfs-host:2049/tcp',
        'server > nfs-host:111/udp',
        'server > nfs-host:20048/udp',
        ...ALWAYS,
      ],
    ],
    [
      'a name in every URL',
      '[server]\nhostname = "fogd.school.example"\n[nfs]\nenabled = false',
      [...TFTP, ...HTTP, 'server > machine:9/udp', 'machine > dns:53/udp', ...ALWAYS.slice(1)],
    ],
  ])('%s', (_name, toml, expected) => {
    expect(flows(plan(toml))).toEqual(expected);
  });

  it('images on another host that is known by name need DNS', () => {
    expect(flows(plan(external('nas.example:/images')))).toContain('machine+server > dns:53/udp');
  });

  it.each([['', SERVER, PROXY, external('nas.example:/images')]].flat())(
    'names each row once, with a reason that a rule has room for (%#)',
    (toml) => {
      const rows = plan(toml);
      expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
      for (const { why } of rows) expect(why).toMatch(/^[^"\\\n]{10,100}$/);
    },
  );
});

describe('ports that are held', () => {
  const held = (toml: string) =>
    heldPorts(plan(toml)).map(({ port, protocol, holder }) => `${port}/${protocol} ${holder}`);

  it('each once, with the program', () => {
    expect(held(`${PROXY}\n[tftp]\nport_range = "50000-50001"`)).toEqual([
      ...['67/udp fogd', '4011/udp fogd', '69/udp fogd', '50000/udp fogd', '50001/udp fogd', '80/tcp fogd'],
      '443/tcp fogd',
      ...['111/tcp rpcbind', '111/udp rpcbind', '20048/tcp ganesha.nfsd', '2049/tcp ganesha.nfsd'],
    ]);
  });

  it('none of another host', () => {
    expect(held(`${external('10.0.0.5:/images')}\n[tftp]\nenabled = false`)).toEqual([
      '80/tcp fogd',
      '443/tcp fogd',
    ]);
  });
});

describe('what crosses a firewall between machines and server', () => {
  const across = (toml: string, family: 4 | 6, helper = false) =>
    flows(crossing(plan(toml), { families: [family], helper }));

  it('IPv4: nothing that stays in one network, nothing of other hosts', () => {
    expect(across(SERVER, 4)).toEqual([...DHCP, ...TFTP, ...HTTP, ...NFS]);
    expect(across(external('10.0.0.5:/images'), 4)).toEqual([...TFTP, ...HTTP]);
  });

  it('a proxy and machines behind a relay: no renewals, no INFORM', () => {
    expect(across(`${PROXY}\n[nfs]\nenabled = false`, 4)).toEqual([
      ...DHCP.slice(2),
      'machine > server:4011/udp',
      ...TFTP,
      ...HTTP,
    ]);
  });

  it('IPv6: TFTP, HTTP and HTTPS only', () => {
    expect(across(SERVER, 6)).toEqual([...TFTP, ...HTTP]);
  });

  it('a TFTP helper opens the range by itself', () => {
    expect(across('[nfs]\nenabled = false', 4, true)).toEqual(['machine > server:69/udp', ...HTTP]);
  });
});
