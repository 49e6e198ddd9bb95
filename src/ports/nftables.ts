import { type Network, networkText, parseNetwork } from '#settings/network.js';
import { crossing } from './plan.js';
import type { PortRow } from './row.js';
import { portsText } from './words.js';

/**
 * The plan as rules for nft (docs/adr/0020). Both rulesets replace their own table and touch no other. All rules are stateful: the first packet
 * is let through by its row, what follows it by the rule for connections that are known.
 */

/** One line of the chain; a comment line where nothing of fogd needs it. */
interface Rule {
  /** What it matches and does beside counting. */
  readonly match: string;
  readonly comment: string;
  readonly isNeeded: boolean;
}

const ESTABLISHED: Rule = {
  match: 'ct state established,related',
  comment: 'what belongs to connections that the rules below let begin, and ICMP errors about them',
  isNeeded: true,
};

/** What the server itself must not lose when the rest is dropped. */
function housekeeping(tcpPorts: readonly number[]): Rule[] {
  const rule = (match: string, comment: string): Rule => ({ match, comment, isNeeded: true });
  return [
    rule('iifname "lo"', 'this machine with itself: fogd asks its own NFS server'),
    rule(
      'meta l4proto { icmp, ipv6-icmp }',
      'IPv6 does not work without: neighbours, routers, packet sizes; ping',
    ),
    rule('ip6 saddr fe80::/10 udp dport 546', 'the address of this machine, where it comes by DHCPv6'),
    rule(`tcp dport { ${tcpPorts.join(', ')} }`, 'your own way in: --drop-rest'),
  ];
}

/**
 * For the server itself: chain input. Without `keep` nothing is dropped; with it, all that no rule names, except these TCP ports, by which the
 * machine is administered.
 */
export function serverRuleset(plan: readonly PortRow[], keep: readonly number[] | undefined): string {
  const rows = plan.filter(({ to }) => to === 'server');
  const rules = merged(
    rows.map((row) => {
      const family = row.family === 'ipv4' ? 'meta nfproto ipv4 ' : '';
      return { match: `${family}${portMatch(row)}`, comment: row.why, isNeeded: row.isNeeded };
    }),
  );
  const head =
    keep === undefined
      ? [
          'fogd: what this server must let in.',
          'Nothing is dropped here: the policy is accept. Printed with --drop-rest, all other packets to this machine are dropped, except',
          'SSH. Where another table drops (ufw, firewalld, rules of your own), copy the rules into its chain: an accept here opens nothing there.',
        ]
      : [
          'fogd: what this server must let in. All other packets to this machine are dropped.',
          `TCP ports kept open for you: ${keep.join(', ')}. Is that how you reach this machine? Others: --drop-rest 22,8443`,
        ];
  return ruleset('fogd', 'input', {
    head,
    policy: keep === undefined ? 'accept' : 'drop',
    rules: [ESTABLISHED, ...(keep === undefined ? [] : housekeeping(keep)), ...rules],
  });
}

/** One side of a firewall and the other; both of one family. */
export interface Pair {
  /** Network of machines and relays. */
  readonly clients: Network;
  /** The single address of this server by which they reach it. */
  readonly server: Network;
}

export interface Between {
  readonly pairs: readonly Pair[];
  /** The firewall has a connection-tracking helper for TFTP. */
  readonly helper: boolean;
  /** Host of `nfs.share`, address or name. */
  readonly nfsHost?: string;
}

/** For a firewall between machines and server: chain forward, all that no rule names is dropped. */
export function betweenRuleset(plan: readonly PortRow[], { pairs, helper, nfsHost }: Between): string {
  // Where files come from port 69 too, or there is no TFTP, there is nothing to help with.
  const helps = helper && plan.some(({ byHelper }) => byHelper);
  const rules = pairs.flatMap((pair) => {
    const rows = crossing(plan, { families: [pair.clients.family], helper });
    return [...rows.map((row) => crossingRule(row, pair, helps)), ...nfsHostRules(plan, pair, nfsHost)];
  });
  const ends = pairs.map(({ clients, server }) => `${networkText(clients)} and ${networkText(server)}`);
  return ruleset('fogd_between', 'forward', {
    head: [
      `fogd: what a firewall between machines and server must let through: ${ends.join(', ')}.`,
      'All other packets that are forwarded are dropped. In a firewall with rules of its own, copy these into its chain: an accept here',
      'opens nothing there. A relay on the firewall itself needs its chains input and output: its packets are not forwarded.',
      ...(pairs.some(({ clients }) => clients.family === 6)
        ? ['DHCP and NFS of fogd are IPv4 only: IPv6 has no rules for them.']
        : []),
    ],
    policy: 'drop',
    objects: helps ? ['ct helper tftp { type "tftp" protocol udp; }'] : [],
    rules: [ESTABLISHED, ...merged(rules)],
  });
}

function crossingRule(row: PortRow, { clients, server }: Pair, helps: boolean): Rule {
  const [from, to] = row.to === 'server' ? [clients, server] : [server, clients];
  const assign = helps && row.name === 'tftp-requests' ? ' ct helper set "tftp"' : '';
  return {
    match: `${addressMatch('saddr', from)} ${addressMatch('daddr', to)} ${portMatch(row)}${assign}`,
    comment: row.why,
    isNeeded: row.isNeeded,
  };
}

/** The machines' way to another host with the images, if it leads through the same firewall. */
function nfsHostRules(plan: readonly PortRow[], { clients }: Pair, host: string | undefined): Rule[] {
  if (host === undefined) return [];
  const network = parseNetwork(host);
  if ((network?.family ?? 4) !== clients.family) return [];
  const to = network === undefined ? `ip daddr ${host}` : addressMatch('daddr', network);
  return plan
    .filter((row) => row.to === 'nfs-host' && row.from.includes('machine'))
    .map((row) => ({
      match: `${addressMatch('saddr', clients)} ${to} ${portMatch(row)}`,
      // A name in a rule would be looked up once, when the rule is loaded.
      comment: network === undefined ? `${row.why}: put in its address` : row.why,
      isNeeded: network !== undefined,
    }));
}

function addressMatch(end: 'saddr' | 'daddr', network: Network): string {
  return `${network.family === 4 ? 'ip' : 'ip6'} ${end} ${networkText(network)}`;
}

function portMatch({ protocol, fromPorts, toPorts }: PortRow): string {
  const ends = [
    ...(fromPorts === undefined ? [] : [`sport ${portsText(fromPorts)}`]),
    ...(toPorts === undefined ? [] : [`dport ${portsText(toPorts)}`]),
  ];
  return ends.map((end) => `${protocol} ${end}`).join(' ');
}

/** Rows that a firewall cannot tell apart are one rule. */
function merged(rules: readonly Rule[]): Rule[] {
  const byMatch = new Map<string, Rule>();
  for (const rule of rules) {
    const before = byMatch.get(rule.match);
    const comment = before === undefined ? rule.comment : `${before.comment}; ${rule.comment}`;
    byMatch.set(rule.match, { ...rule, comment });
  }
  return [...byMatch.values()];
}

interface Chain {
  readonly head: readonly string[];
  readonly policy: 'accept' | 'drop';
  readonly objects?: readonly string[];
  readonly rules: readonly Rule[];
}

function ruleset(
  table: string,
  hook: 'input' | 'forward',
  { head, policy, objects = [], rules }: Chain,
): string {
  return [
    ...head.map((line) => `# ${line}`),
    '# Load it with: nft -f FILE',
    '',
    '# Makes the table if it is not there, so that it can be replaced as a whole.',
    `table inet ${table}`,
    `delete table inet ${table}`,
    '',
    `table inet ${table} {`,
    ...objects.map((line) => `\t${line}`),
    `\tchain ${hook} {`,
    `\t\ttype filter hook ${hook} priority filter; policy ${policy};`,
    '',
    ...rules.map(
      ({ match, comment, isNeeded }) =>
        `\t\t${isNeeded ? '' : '# '}${match} counter accept comment "${comment}"`,
    ),
    '\t}',
    '}',
    '',
  ].join('\n');
}
