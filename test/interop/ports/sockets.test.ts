import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldPorts, portPlan } from '#ports/plan.js';
import { parseSettings } from '#settings/load.js';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork } from '../../lab/network.js';
import { mustRun } from '../../lab/process.js';

/** A daemon for each of these, on a host of its own. */
const SETTINGS: Readonly<Record<string, Record<string, unknown>>> = {
  default: {},
  proxy: { dhcp: { mode: 'proxy', interfaces: ['eth0'] } },
  server: {
    dhcp: {
      mode: 'server',
      interfaces: ['eth0'],
      subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'] }],
    },
    http: { port: 8080 },
    https: { port: 8443 },
    nfs: { port: 12_049, mount_port: 12_048 },
  },
  plain: { https: { enabled: false } },
  single: { tftp: { single_port: true } },
  // Nobody there has NFS, which is said at once.
  external: {
    nfs: { backend: 'external', share: '10.77.0.254:/images' },
    tftp: { port_range: '50000-50003' },
  },
};

let network: LabNetwork;
let held: Readonly<Record<string, readonly string[]>>;

beforeAll(async () => {
  network = await LabNetwork.create();
  const names = Object.keys(SETTINGS);
  const hosts = [];
  for (const [index, name] of names.entries())
    hosts.push(await network.addHost(name, { address: 11 + index }));
  const sockets = await Promise.all(
    hosts.map(async (host) => {
      const folder = join(network.folder, host.role);
      mkdirSync(folder);
      const fogd = await FogdUnderTest.start({ network, folder, settings: SETTINGS[host.role] ?? {}, host });
      const listening = await mustRun(['ip', 'netns', 'exec', host.namespace, 'ss', '-Hltunp']);
      await fogd.stop();
      return [host.role, socketsOf(listening)] as const;
    }),
  );
  held = Object.fromEntries(sockets);
});
afterAll(() => network.close());

/** `80/tcp fogd` of each port that somebody listens on, by any number of addresses. */
function socketsOf(listening: string): string[] {
  const found = listening
    .trim()
    .split('\n')
    .map((line) => {
      const [protocol = '', , , , local = ''] = line.split(/\s+/);
      const program = /users:\(\("([^"]+)"/.exec(line)?.[1] ?? '';
      const holder = ['rpcbind', 'ganesha.nfsd'].includes(program) ? program : 'fogd';
      return `${local.split(':').at(-1)}/${protocol} ${holder}`;
    });
  return [...new Set(found)].sort();
}

describe('the sockets that are held are those of the plan', () => {
  it.each(Object.keys(SETTINGS))('%s', (name) => {
    const { settings } = parseSettings(stringify(SETTINGS[name] ?? {}));
    const planned = settings ? heldPorts(portPlan(settings)) : [];
    expect(held[name]).toEqual(
      planned.map(({ port, protocol, holder }) => `${port}/${protocol} ${holder}`).sort(),
    );
  });
});
