import { describe, expect, it } from 'vitest';
import { betweenRuleset, type Pair, serverRuleset } from '#ports/nftables.js';
import { portPlan } from '#ports/plan.js';
import { parseNetwork } from '#settings/network.js';
import { expectGolden } from '../golden.js';
import { settingsOf } from './settings.js';

const plan = (toml: string) => portPlan(settingsOf(toml));
const network = (text: string) => {
  const found = parseNetwork(text);
  if (found === undefined) throw new Error(text);
  return found;
};
const pair = (clients: string, server: string): Pair => ({
  clients: network(clients),
  server: network(server),
});
const PAIR = pair('10.1.0.0/16', '10.0.0.5');
const PAIR6 = pair('fd00:1::/64', 'fd00::5');

const SERVER = `[dhcp]
mode = "server"
interfaces = ["eth0"]
subnets = [{ network = "10.0.0.0/24", ranges = ["10.0.0.100-10.0.0.199"] }]
`;
const PROXY = '[dhcp]\nmode = "proxy"\ninterfaces = ["eth0"]\n';
const SINGLE = '[tftp]\nsingle_port = true\n';
const EXTERNAL = '[nfs]\nbackend = "external"\nshare = "10.0.0.9:/images"\n';

const RULESETS: Readonly<Record<string, () => string>> = {
  server: () => serverRuleset(plan(''), undefined),
  'server-drop-rest': () => serverRuleset(plan(SERVER), [22, 8443]),
  'server-proxy': () => serverRuleset(plan(PROXY + EXTERNAL), [22]),
  between: () => betweenRuleset(plan(SERVER), { pairs: [PAIR], helper: false }),
  'between-helper': () => betweenRuleset(plan(PROXY), { pairs: [PAIR], helper: true }),
  'between-both-families': () => betweenRuleset(plan(SERVER), { pairs: [PAIR, PAIR6], helper: false }),
};

const rules = (text: string) => text.split('\n').filter((line) => /^\t\t(# )?\S.* accept comment/.test(line));

describe('rules for nft', () => {
  it.each(Object.entries(RULESETS))('%s', (name, make) => {
    expectGolden(`test/fixtures/nftables/${name}.nft`, make());
  });

  it.each(Object.entries(RULESETS))(
    '%s: each rule counts and says why, in the room that there is for it',
    (_name, make) => {
      for (const rule of rules(make())) expect(rule).toMatch(/ counter accept comment "[^"]{10,128}"$/);
    },
  );

  it.each(Object.entries(RULESETS))('%s: no two rules match the same', (_name, make) => {
    const matches = rules(make()).map((rule) => rule.replace(/ counter accept.*/, ''));
    expect(new Set(matches).size).toBe(matches.length);
  });
});

describe('for a firewall between', () => {
  const between = (toml: string, options: { helper?: boolean; nfsHost?: string; pairs?: Pair[] } = {}) =>
    rules(betweenRuleset(plan(toml), { pairs: [PAIR], helper: false, ...options })).map((rule) =>
      rule.trim().replace(/ counter accept.*/, ''),
    );

  it('a TFTP helper needs no range, only the word', () => {
    const text = betweenRuleset(plan(''), { pairs: [PAIR], helper: true });
    expect(text).toContain('ct helper tftp { type "tftp" protocol udp; }');
    expect(text).toContain('udp dport 69 ct helper set "tftp" counter accept');
    expect(text).not.toContain('61000');
  });

  it.each([SINGLE, '[tftp]\nenabled = false\n'])('there is nothing to help with: %j', (toml) => {
    expect(betweenRuleset(plan(toml), { pairs: [PAIR], helper: true })).not.toContain('helper');
  });

  it('IPv6 has TFTP, HTTP and HTTPS', () => {
    expect(between(SERVER, { pairs: [PAIR6] }).slice(1)).toEqual([
      'ip6 saddr fd00:1::/64 ip6 daddr fd00::5 udp dport 69',
      'ip6 saddr fd00::5 ip6 daddr fd00:1::/64 udp sport 61000-61099',
      'ip6 saddr fd00:1::/64 ip6 daddr fd00::5 tcp dport 80',
      'ip6 saddr fd00:1::/64 ip6 daddr fd00::5 tcp dport 443',
    ]);
  });

  it('two networks of machines and one server', () => {
    const two = between('', { pairs: [PAIR, pair('10.2.0.0/16', '10.0.0.5')] });
    expect(two.filter((rule) => rule.endsWith('udp dport 69'))).toHaveLength(2);
  });

  it('images on another host: the way there, too', () => {
    expect(between(EXTERNAL, { nfsHost: '10.0.0.9' }).slice(-3)).toEqual([
      'ip saddr 10.1.0.0/16 ip daddr 10.0.0.9 tcp dport 111',
      'ip saddr 10.1.0.0/16 ip daddr 10.0.0.9 tcp dport 20048',
      'ip saddr 10.1.0.0/16 ip daddr 10.0.0.9 tcp dport 2049',
    ]);
    expect(between(EXTERNAL, { nfsHost: 'nas.example' }).slice(-3)).toEqual(
      [111, 20048, 2049].map((port) => `# ip saddr 10.1.0.0/16 ip daddr nas.example tcp dport ${port}`),
    );
    expect(between(EXTERNAL, { nfsHost: '10.0.0.9', pairs: [PAIR6] }).join()).not.toContain('10.0.0.9');
  });
});

describe('for the server', () => {
  it('drops nothing unless told, and then keeps the way in', () => {
    const open = serverRuleset(plan(''), undefined);
    expect(open).toContain('policy accept;');
    expect(open).not.toContain('dport { 22 }');
    const closed = serverRuleset(plan(''), [22]);
    expect(closed).toContain('policy drop;');
    expect(closed).toContain('tcp dport { 22 } counter accept');
  });
});
