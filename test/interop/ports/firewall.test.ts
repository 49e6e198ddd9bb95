import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { type LabHost, LabNetwork } from '../../lab/network.js';
import { command, LabProcess, mustRun } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';
import { BETWEEN, FAR_SERVER, FAR_SERVER6, ROUTED_DHCP, RoutedSite } from '../../lab/routed-site.js';
import { type Call, machineCalls } from './calls.js';

/** Machines behind a DHCP relay, a firewall with exactly the rules that `fogd ports` prints, the server behind it. */
let network: LabNetwork;
let site: RoutedSite;
let fogd: FogdUnderTest;
/** Has an address of its own. */
let pc: LabHost;
/** Has none until it asks. */
let booting: LabHost;
let calls: readonly Call[];
let printed: string;

const SSH = 22;
/** A port that is none of fogd's. */
const STRANGE = 23;
/** A call that is to be dropped is given up after this, and not before all others are answered, which take a tenth of it on an idle machine. */
const SILENCE_MS = 400;

beforeAll(async () => {
  network = await LabNetwork.create();
  site = await RoutedSite.build(network);
  pc = await network.addHost('pc', { address: 11 });
  booting = await network.addHost('booting');
  await site.lead(pc);
  const folder = join(network.folder, 'firewall');
  mkdirSync(folder);
  const settings = { dhcp: ROUTED_DHCP, nfs: { exports: 'open' } };
  [fogd] = await Promise.all([
    FogdUnderTest.start({ network, folder, settings, host: site.server }),
    site.startRelay(),
  ]);
  calls = machineCalls({
    ...{ ipv4: FAR_SERVER, ipv6: FAR_SERVER6, file: 'undionly.kpxe', share: `${FAR_SERVER}/images` },
    ...{ mac: pc.mac, address: pc.address ?? '' },
  });
  for (const port of [SSH, STRANGE]) {
    const listener = new LabProcess(network.cleanup, {
      namespace: site.server.namespace,
      argv: ['socat', '-d', '-d', '-u', `TCP-LISTEN:${port},fork,reuseaddr`, 'OPEN:/dev/null'],
      logFile: join(network.folder, `listener-${port}.log`),
    });
    await listener.waitForOutput('listening on');
  }
  printed = await fogd.ports('--format', 'nftables', ...BETWEEN);
});

afterAll(async () => {
  // Not stopped: transfers whose ACKs were dropped would hold it for seconds.
  await fogd.kill();
  await network.close();
});

const notRunning = async () => (await fogd.services()).filter(({ state }) => state !== 'running');

/**
 * Names of the calls that are not answered. Only of these calls silence is expected: the others have all the time that they want, and a
 * second try. What the rule before kept from its end (a transfer whose ACKs were dropped) may still be in the way of the first.
 */
async function unanswered(...expected: string[]): Promise<string[]> {
  const namespaceOf = (name: string) => (name === 'dhcp' ? booting : pc).namespace;
  const silent = calls.filter(({ name }) => expected.includes(name));
  const asking = silent.map(({ name, argv }) => {
    const options = { namespace: namespaceOf(name), argv, logFile: join(network.folder, `${name}.log`) };
    return new LabProcess(network.cleanup, options);
  });
  const silence = pause(SILENCE_MS);
  const answered = await Promise.all(
    calls.map(async ({ name, argv }) => {
      if (expected.includes(name)) return [];
      const isAnswered = async () =>
        (await command(argv, { namespace: namespaceOf(name), timeoutMs: 30_000 })).code === 0;
      return (await isAnswered()) || (await isAnswered()) ? [name] : [];
    }),
  );
  await silence;
  for (const call of asking) call.kill();
  const ends = await Promise.all(asking.map(({ exited }) => exited));
  const loud = [
    ...answered.flat(),
    ...silent.filter((_, index) => ends[index]?.code === 0).map(({ name }) => name),
  ];
  return calls.map(({ name }) => name).filter((name) => !loud.includes(name));
}

/** Whether a TCP port of the server can be reached. */
async function reaches(port: number): Promise<boolean> {
  const argv = ['socat', '-u', '/dev/null', `TCP:${FAR_SERVER}:${port},connect-timeout=3`];
  return (await command(argv, { namespace: pc.namespace })).code === 0;
}

/** A rule that is in force, and what it matches. */
const RULE = /^\t\t(?!#)(\S.*) counter accept comment /;

type Needed = Readonly<Record<string, readonly string[]>>;

/** What goes unanswered on a host without each of its rules, by what the rule matches; only rules that `needed` names are taken away. */
async function withoutEach(ruleset: string, { namespace }: LabHost, needed: Needed): Promise<Needed> {
  const lines = ruleset.split('\n');
  const broken: Record<string, string[]> = {};
  for (const [index, line] of lines.entries()) {
    const rule = RULE.exec(line)?.[1] ?? '';
    const expected = needed[rule];
    if (expected === undefined) continue;
    await mustRun(['nft', '-f', '-'], { namespace, input: lines.toSpliced(index, 1).join('\n') });
    broken[rule] = await unanswered(...expected);
  }
  return broken;
}

const rulesOf = (ruleset: string) => ruleset.split('\n').flatMap((line) => RULE.exec(line)?.[1] ?? []);

describe('a firewall with the rules that are printed', () => {
  it('lets everything through that machines need', async () => {
    // Where no test ran before, it makes its keys first.
    await expect.poll(notRunning, { timeout: 150_000 }).toEqual([]);
    await site.nft(printed);
    // IPv6 addresses of routers are looked at for a moment before they are used.
    await expect.poll(() => unanswered('tftp6', 'http6', 'https6'), { timeout: 150_000 }).toEqual([]);
  }, 400_000);

  it('drops the rest', async () => {
    expect(await reaches(STRANGE)).toBe(false);
    await site.nft('delete table inet fogd_between');
    expect(await reaches(STRANGE)).toBe(true);
  });

  it('needs each of its rules: without it, exactly what it is for is not answered', async () => {
    const inward = `ip saddr 10.77.0.0/16 ip daddr ${FAR_SERVER}`;
    const outward = `ip saddr ${FAR_SERVER} ip daddr 10.77.0.0/16`;
    const inward6 = `ip6 saddr fd77::/48 ip6 daddr ${FAR_SERVER6}`;
    const outward6 = `ip6 saddr ${FAR_SERVER6} ip6 daddr fd77::/48`;
    const needed: Needed = {
      // A relay is answered at an address that it did not send from, a machine that asks for information past the relay.
      'ct state established,related': calls
        .map(({ name }) => name)
        .filter((name) => name !== 'dhcp' && name !== 'inform'),
      [`${inward} udp dport 67`]: ['dhcp', 'inform'],
      [`${outward} udp sport 67 udp dport 68`]: ['inform'],
      [`${outward} udp sport 67 udp dport 67`]: ['dhcp'],
      [`${inward} udp dport 69`]: ['tftp'],
      [`${outward} udp sport 61000-61099`]: ['tftp'],
      [`${inward} tcp dport 80`]: ['http'],
      [`${inward} tcp dport 443`]: ['https'],
      [`${inward} tcp dport 111`]: ['port-mapper', 'share'],
      [`${inward} tcp dport 20048`]: ['mount', 'share'],
      [`${inward} tcp dport 2049`]: ['nfs', 'share'],
      [`${inward6} udp dport 69`]: ['tftp6'],
      [`${outward6} udp sport 61000-61099`]: ['tftp6'],
      [`${inward6} tcp dport 80`]: ['http6'],
      [`${inward6} tcp dport 443`]: ['https6'],
    };
    expect(rulesOf(printed)).toEqual(Object.keys(needed));
    expect(await withoutEach(printed, site.firewall, needed)).toEqual(needed);
  }, 400_000);

  it('with a TFTP helper needs port 69 only, and the helper', async () => {
    const helped = await fogd.ports('--format', 'nftables', '--helper', ...BETWEEN);
    expect(helped).not.toContain('61000');
    await site.nft(helped);
    expect(await unanswered()).toEqual([]);
    await site.nft(helped.replaceAll(' ct helper set "tftp"', ''));
    expect(await unanswered('tftp', 'tftp6')).toEqual(['tftp', 'tftp6']);
  });
});

describe('a server with the rules that are printed', () => {
  let input: string;
  beforeAll(async () => {
    await site.nft('delete table inet fogd_between');
    input = await fogd.ports('--format', 'nftables', '--drop-rest');
    await mustRun(['nft', '-f', '-'], { namespace: site.server.namespace, input });
  });

  it('lets in what machines need and the way in of the admin, and drops the rest', async () => {
    expect([await reaches(SSH), await reaches(STRANGE)]).toEqual([true, false]);
    expect(await unanswered()).toEqual([]);
    // fogd asks its own NFS server, too.
    expect(await notRunning()).toEqual([]);
  });

  it('needs each of the rules that the plan has for it', async () => {
    const needed: Needed = {
      // The rest comes to ports that have a rule, packet by packet. ACKs of files do not.
      'ct state established,related': ['tftp', 'tftp6'],
      'meta nfproto ipv4 udp dport 67': ['dhcp', 'inform'],
      'udp dport 69': ['tftp', 'tftp6'],
      'tcp dport 80': ['http', 'http6'],
      'tcp dport 443': ['https', 'https6'],
      'meta nfproto ipv4 tcp dport 111': ['port-mapper', 'share'],
      'meta nfproto ipv4 tcp dport 20048': ['mount', 'share'],
      'meta nfproto ipv4 tcp dport 2049': ['nfs', 'share'],
    };
    expect(rulesOf(input).filter((rule) => !HOUSEKEEPING.test(rule))).toEqual(Object.keys(needed));
    expect(await withoutEach(input, site.server, needed)).toEqual(needed);
  }, 400_000);
});

/** For the machine itself, whatever runs on it. */
const HOUSEKEEPING =
  /^(iifname "lo"|meta l4proto \{ icmp, ipv6-icmp \}|ip6 saddr fe80::\/10 .*|tcp dport \{ 22 \})$/;

const RULESETS = inRepository('test', 'fixtures', 'nftables');

it.each(readdirSync(RULESETS))('nft takes %s', async (name) => {
  const { namespace } = site.firewall;
  await mustRun(['nft', '-c', '-f', join(RULESETS, name)], { namespace });
});
