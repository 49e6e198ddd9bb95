/** Machines behind a relay and a firewall that lets through exactly what `fogd ports` prints. */
import assert from 'node:assert/strict';
import { command } from '../process.js';
import { BETWEEN, FAR_SERVER, ROUTED_DHCP, RoutedSite } from '../routed-site.js';
import type { Lab, Scenario } from '../scenario.js';
import { ImagingBench, imagingScenario } from './imaging-bench.js';

/** Remembers what comes to the end of the chain and so is dropped. */
const REMEMBER = `
add set inet fogd_between dropped { typeof ip saddr . ip daddr . ip protocol . th dport; flags dynamic; }
add rule inet fogd_between forward add @dropped { ip saddr . ip daddr . ip protocol . th dport }
add set inet fogd_between dropped6 { typeof ip6 saddr . ip6 daddr . ip6 nexthdr . th dport; flags dynamic; }
add rule inet fogd_between forward add @dropped6 { ip6 saddr . ip6 daddr . ip6 nexthdr . th dport }
`;

async function throughFirewall(lab: Lab): Promise<void> {
  const site = await RoutedSite.build(lab.network);
  await site.startRelay();
  const bench = await ImagingBench.open(lab, 'mps', { dhcp: ROUTED_DHCP }, site.server);
  await site.nft((await bench.fogd.ports('--format', 'nftables', ...BETWEEN)) + REMEMBER);
  lab.step('the firewall has the printed rules');

  const source = await bench.sourceDisk('source', 'dos', undefined, 6);
  await bench.capture(1, 'bios', source.path);
  // UEFI: OVMF takes its boot loader by TFTP.
  const target = bench.blankDisk('target');
  const task = await bench.order('deploy', 2, '--shutdown');
  const pc = await bench.powerOn(2, 'uefi', target);
  await bench.complete(task, pc);
  await pc.waitForPowerOff(120_000);
  await bench.assertTarget(source.content, target);

  // Something that is none of fogd's, so that the set is seen to remember.
  const strange = ['socat', '-u', '/dev/null', `TCP:${FAR_SERVER}:22,connect-timeout=0.3`];
  assert.notEqual((await command(strange, { namespace: site.access.namespace })).code, 0);
  const { dropped, unused } = await readRules(site);
  assert.deepEqual(dropped, [`10.77.1.2 . ${FAR_SERVER} . tcp . 22`], 'nothing of fogd was dropped');
  assert.deepEqual(unused, UNUSED, 'all other rules were used');
  lab.step('every rule was used, and nothing of fogd dropped');
  assert.deepEqual(await lab.capture.faults(FAR_SERVER), [], 'malformed packets from fogd');
}

/** Rules that this run has no need of: INFORM, HTTPS, and what is for IPv6. */
const UNUSED = [
  `ip saddr ${FAR_SERVER} ip daddr 10.77.0.0/16 udp sport 67 udp dport 68`,
  `ip saddr 10.77.0.0/16 ip daddr ${FAR_SERVER} tcp dport 443`,
  'ip6 saddr fd77::/48 ip6 daddr fd78::1 udp dport 69',
  'ip6 saddr fd78::1 ip6 daddr fd77::/48 udp sport 61000-61099',
  'ip6 saddr fd77::/48 ip6 daddr fd78::1 tcp dport 80',
  'ip6 saddr fd77::/48 ip6 daddr fd78::1 tcp dport 443',
];

/** Everything that the firewall has counted and remembered. */
async function readRules(site: RoutedSite): Promise<{ dropped: string[]; unused: string[] }> {
  const text = await site.nft('list table inet fogd_between\n');
  const rules = [...text.matchAll(/^\s*(\S.*) counter packets (\d+) .* accept comment/gm)];
  assert.ok(rules.length > UNUSED.length, 'the rules are read');
  return {
    dropped: [...text.matchAll(/[0-9a-f.:]+ \. [0-9a-f.:]+ \. [\w-]+ \. [\w-]+/g)].map(
      ([element]) => element,
    ),
    unused: rules.filter(([, , packets]) => packets === '0').map(([, match = '']) => match),
  };
}

export const firewallScenarios: readonly Scenario[] = [
  imagingScenario(
    'through-firewall',
    'behind a DHCP relay and a firewall with exactly the printed rules: BIOS captures, UEFI deploys',
    900,
    throughFirewall,
  ),
];
