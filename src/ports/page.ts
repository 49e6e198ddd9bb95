import { parseSettings } from '#settings/load.js';
import { portPlan } from './plan.js';
import type { PortRow } from './row.js';
import { COLUMNS, cells } from './words.js';

/** The reference page, `docs/reference/ports.md`: the plan by default, and what single settings make of it. */
export function portsPage(): string {
  const usual = planOf('');
  return [
    '# Ports',
    '',
    'Generated from `src/ports/` by `npm run generate`. A test compares the plan with the sockets that the daemon holds.',
    '',
    '```sh',
    'fogd ports                                                        # this table for your settings',
    'fogd ports --format nftables                                      # rules for this server; nothing is dropped',
    'fogd ports --format nftables --drop-rest                          # and all else is, except SSH (--drop-rest 22,8443: except these)',
    'fogd ports --format nftables --between 10.1.0.0/16 10.0.0.5       # for a firewall between the machines and this server',
    'fogd ports --format nftables --between 10.1.0.0/16 10.0.0.5 fd00:1::/64 fd00::5 --helper   # both families; it has a TFTP helper',
    '```',
    '',
    'Try rules with `nft -c -f FILE`, load them with `nft -f FILE`; `nft list ruleset` tells how often each was used.',
    '',
    '## By default',
    '',
    ...table(usual),
    '',
    ...VARIANTS.flatMap(({ title, settings, note }) => [...section(title, settings, usual), '', ...note]),
    ...NOTES,
    '',
  ].join('\n');
}

interface Variant {
  readonly title: string;
  readonly settings: string;
  /** Lines after the table, with an empty one at their end. */
  readonly note: readonly string[];
}

const VARIANTS: readonly Variant[] = [
  {
    title: 'dhcp.mode = "server"',
    settings: `[dhcp]
mode = "server"
interfaces = ["eth0"]
subnets = [{ network = "10.0.0.0/24", ranges = ["10.0.0.100-10.0.0.199"] }]`,
    note: [
      'A relay (a helper address on a router or switch) has port 67/udp at both ends: it sends from one of its addresses, and is answered at its address in',
      'the network of the machine. That can be another one, so a firewall does not know the answer for an answer: it has a rule of its own.',
      '',
      'The byte of `dhcp.probe` goes out from a port that Linux chooses. Only the ARP question that it makes counts.',
      '',
    ],
  },
  {
    title: 'dhcp.mode = "proxy"',
    settings: '[dhcp]\nmode = "proxy"\ninterfaces = ["eth0"]',
    note: [
      'The other DHCP server has port 67/udp and 68/udp of its own. A relay must pass what machines ask on to both.',
      '',
    ],
  },
  {
    title: 'server.hostname',
    settings: '[server]\nhostname = "fog.school.example"',
    note: [],
  },
  {
    title: 'tftp.single_port = true',
    settings: '[tftp]\nsingle_port = true',
    note: [],
  },
  {
    title: 'nfs.backend = "external"',
    settings: '[nfs]\nbackend = "external"\nshare = "10.0.0.5:/images"',
    note: [
      "fogd holds none of the NFS ports. MOUNT is where that host's port mapper says; Linux's own server has it on 20048 everywhere when its /etc/nfs.conf says",
      '`port=20048` under `[mountd]`, and anywhere otherwise. Where `nfs.share` names its host, machines and fogd need DNS for it.',
      '',
    ],
  },
];

const NOTES = [
  '## Notes',
  '',
  '- *needed* `no`: machines and fogd do without where a firewall drops it. Rules for it are printed as comments.',
  '- `61000-61099 (source)`: files are sent from these ports, and from no other, to the port that asked. A firewall that knows connections needs this row',
  '  as it is: acknowledgements belong to what the server began. One that knows none must also let machines send to these ports. One with a',
  '  connection-tracking helper for TFTP needs 69/udp only.',
  '- DHCP and NFS are IPv4 only. TFTP, HTTP and HTTPS are served on every address of the server.',
  '- fogd never asks for the time (NTP): that is the affair of its machine.',
];

function section(title: string, settings: string, usual: readonly PortRow[]): string[] {
  const lines = new Set(usual.map(line));
  const plan = planOf(settings);
  const names = new Set(plan.map(({ name }) => name));
  const more = plan.filter((row) => !lines.has(line(row)));
  const gone = usual.filter(({ name }) => !names.has(name)).map((row) => `${cells(row)[0]}/${row.protocol}`);
  return [
    `## ${title}`,
    '',
    ...(gone.length === 0 ? [] : [`Instead of ${gone.join(', ')}:`, '']),
    ...table(more),
  ];
}

function planOf(toml: string): readonly PortRow[] {
  const { settings, problems } = parseSettings(toml);
  if (settings === undefined) throw new Error(`the page of ports: ${JSON.stringify(problems)}`);
  return portPlan(settings);
}

function table(rows: readonly PortRow[]): string[] {
  return [`| ${COLUMNS.join(' | ')} |`, `|${COLUMNS.map(() => '---').join('|')}|`, ...rows.map(line)];
}

function line(row: PortRow): string {
  const marked = cells(row);
  const setting = marked.pop() ?? '';
  return `| ${[...marked, setting === '–' ? setting : `\`${setting}\``].join(' | ')} |`;
}
