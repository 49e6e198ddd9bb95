import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Clock } from '#daemon/clock.js';
import type { Logger } from '#daemon/log.js';
import { Pki } from '#pki/pki.js';
import { HostRepository } from '#store/hosts.js';
import { Store } from '#store/store.js';
import { Cleanup } from '../../lab/cleanup.js';
import { FogClient, type Transport } from '../../unit/clients/fog-client.js';
import { socketTransport } from '../../unit/clients/socket-transport.js';
import { VirtualDay } from '../../unit/clients/virtual-day.js';
import { keysInOrder } from '../../unit/pki/keys.js';
import { VirtualFogd } from './virtual-fogd.js';

/**
 * A thousand FOG Clients for an hour of virtual time against the running daemon, each on its own connection from its own address: what goes
 * wrong in such an hour goes wrong here, and every client comes through that ought to.
 */

const MINUTE = 60_000;
const COUNT = 1_000;

const cleanup = new Cleanup();
let fogd: VirtualFogd;
let port: number;

const macOf = (number: number) =>
  `00:11:22:33:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fogd-fleet-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  cleanup.defer(`folder ${folder}`, remove, remove);
  port = await freePort();
  fogd = new VirtualFogd({
    cleanup,
    folder,
    settings: {
      client: { checkin_seconds: 600 },
      http: { port },
      ...{ https: { enabled: false }, tftp: { enabled: false }, nfs: { enabled: false } },
    },
  });
  await makeKeys(join(fogd.state, 'pki'));
  await addHosts(join(fogd.state, 'fogd.sqlite'));
  await fogd.start();
});
afterAll(() => cleanup.close());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const never = () => () => undefined;
/** Here nothing ever falls due. */
const timeless: Clock = { now: () => fogd.now(), after: never, afterAbout: never };

/** Short ones: what is proven here is not how long a private key takes. */
async function makeKeys(folder: string): Promise<void> {
  mkdirSync(folder, { mode: 0o700 });
  const silent = { info: () => undefined, warn: () => undefined } as unknown as Logger;
  const pki = new Pki({
    folder,
    names: () => ['127.0.0.1'],
    makeKey: keysInOrder('authority', 'tls', 'communication'),
    clock: timeless,
    log: silent,
  });
  const isMade = new Promise<void>((resolve) => pki.followKey(() => resolve()));
  await pki.start((error) => {
    throw error;
  });
  await isMade;
  await pki.stop();
}

async function addHosts(file: string): Promise<void> {
  const store = await Store.open({ file, clock: timeless, onWarning: () => undefined });
  const hosts = new HostRepository(store);
  await store.commit(() => {
    for (let number = 0; number < COUNT; number++) {
      const name = `PC-${number}`;
      hosts.add({ name, description: '', createdAt: 0, createdBy: 'test', macs: [macOf(number)] });
    }
  });
  await store.close();
}

it('of all versions, with lost answers, a fogd that is killed, strangers and machines installed anew: none is lost that should not be', async () => {
  const day = new VirtualDay(fogd);
  const end = fogd.now() + 60 * MINUTE;
  let calls = 0;
  const statuses = new Set<number>();
  /** Each seventeenth answer of a handshake gets lost on its way. */
  const unreliable = (address: string): Transport => {
    const reliable = socketTransport(address, port);
    let handshakes = 0;
    return async (method, path, body) => {
      calls++;
      const answer = await reliable(method, path, body);
      statuses.add(answer.status);
      if (path.includes('authorize') && ++handshakes === 2 && calls % 17 === 0)
        throw new Error('connection reset');
      return answer;
    };
  };
  const clients = Array.from({ length: COUNT }, (_, number) => {
    const isUnknown = number % 100 === 99;
    return new FogClient({
      transport: unreliable(`127.1.${number >> 8}.${number & 255}`),
      macs: `${isUnknown ? macOf(number).replace('33', 'aa') : macOf(number).toUpperCase()}||00:00:00:00:00:00:00:E0`,
      hostname: isUnknown ? `NEW-${number}` : `PC-${number}`,
      version: number % 10 === 0 ? '0.10.6' : number % 10 === 1 ? '0.11.5' : '0.13.0',
      now: day.now,
      sleep: day.sleep,
    });
  });
  clients.forEach((client, number) => {
    day.begin(async () => {
      // Switched on within two minutes.
      await day.sleep((number % 120) * 1000);
      await client.install();
      await client.run(() => fogd.now() >= end);
    });
  });

  await day.run(15 * MINUTE);
  // Keys of sessions are gone, tokens are not.
  await fogd.kill();
  await fogd.start();
  // One machine is told to reboot for a task.
  await fogd.api('POST', '/tasks', { host: 'PC-5', type: 'inventory' });
  // One is installed anew, and an admin lets it in after a while.
  const anew = clients[7];
  if (anew) anew.token = undefined;
  // Somebody tries to come as each of a hundred machines.
  let intruders = 0;
  for (let number = 0; number < 99; number++) {
    const stranger = new FogClient({
      transport: socketTransport('127.66.0.1', port),
      macs: macOf(number),
      now: day.now,
      sleep: day.sleep,
    });
    day.begin(async () => {
      await stranger.install();
      if (await stranger.handshake()) intruders++;
    });
  }
  await day.run(20 * MINUTE);
  const isOutside = anew?.log.includes('handshake: ist');
  await fogd.api('POST', '/hosts/PC-7/client/reset');
  await day.run(25 * MINUTE);

  expect([...statuses]).toEqual([200]);
  expect(isOutside).toBe(true);
  expect(intruders).toBe(0);
  const known = clients.filter((_, number) => number % 100 !== 99);
  expect(known.filter(({ isDead }) => isDead)).toEqual([]);
  expect(known.filter(({ cycles }) => cycles < 4).length).toBe(0);
  expect(clients[5]?.job).toBe('{"job":"ok"}');
  // Whatever they complain of, it is what was done to them.
  const complaints = new Set(known.filter((client) => client !== anew).flatMap(({ log }) => log));
  expect([...complaints].filter((text) => !/connection reset|no session/.test(text))).toEqual([]);
  expect([...complaints].join()).toContain('connection reset');
  // Unknown ones of 0.13 gave up after five handshakes, and wait for approval once each.
  const unknown = clients.filter((_, number) => number % 100 === 99);
  expect(unknown.every(({ isDead, handshakes, cycles }) => isDead && handshakes === 5 && cycles === 0)).toBe(
    true,
  );
  expect(await fogd.api('GET', '/hosts?pending=true&limit=1')).toMatchObject({ total: 10 });
}, 600_000);
