import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LabNetwork } from '../../lab/network.js';
import { LabProcess } from '../../lab/process.js';
import { VirtualFogd } from './virtual-fogd.js';

/** Magic packets by the clock, as another machine of the network hears them from socat. */

const MINUTE = 60_000;
const MAC = '02:00:00:00:00:07';
const PACKET = `ffffffffffff${'020000000007'.repeat(16)}`;

let network: LabNetwork;
let fogd: VirtualFogd;
let heard = '';

beforeAll(async () => {
  network = await LabNetwork.create();
  const pc = await network.addHost('pc', { address: 10 });
  const listener = new LabProcess(network.cleanup, {
    argv: ['socat', '-d', '-d', '-u', 'UDP-RECV:9', 'STDOUT'],
    namespace: pc.namespace,
    logFile: join(network.folder, 'socat.log'),
    onStdout: (chunk) => {
      heard += chunk.toString('hex');
    },
  });
  await listener.waitForOutput('starting data transfer loop');
  fogd = new VirtualFogd({
    cleanup: network.cleanup,
    folder: network.folder,
    namespace: network.server.namespace,
    settings: { nfs: { enabled: false }, https: { enabled: false } },
  });
  await fogd.start();
  await fogd.api('POST', '/hosts', { name: 'PC', macs: [MAC] });
});
afterAll(() => network.close());

it('a machine is woken when it is time, after a restart too, and not late for a time at which fogd was down', async () => {
  const cron = (minutes: number) => {
    const time = new Date(fogd.now() + minutes * MINUTE);
    return `${time.getMinutes()} ${time.getHours()} * * *`;
  };
  for (const minutes of [5, 10, 20])
    await fogd.api('POST', '/hosts/PC/power', { action: 'wol', cron: cron(minutes) });
  await fogd.advance(5 * MINUTE - 1);
  expect(heard).toBe('');
  await fogd.advance(1);
  await expect.poll(() => heard).toBe(PACKET);
  await fogd.kill();
  fogd.pass(6 * MINUTE);
  await fogd.start();
  await fogd.advance(8 * MINUTE);
  expect(heard).toBe(PACKET);
  await fogd.advance(MINUTE);
  await expect.poll(() => heard).toBe(PACKET.repeat(2));
});

it('an order wakes at once', async () => {
  heard = '';
  expect(await fogd.api('POST', '/hosts/PC/power/now', { action: 'wol' })).toMatchObject({
    until: null,
    sentTo: ['10.77.0.255'],
  });
  await expect.poll(() => heard).toBe(PACKET);
});
