import { describe, expect, test } from 'vitest';
import type { Clock } from '#daemon/clock.js';
import type { Lease } from '#services/dhcp/lease.js';
import type { Interfaces } from '#services/dhcp/link.js';
import { decode, encode } from '#services/dhcp/packet.js';
import { DhcpService } from '#services/dhcp/service.js';
import type { SocketRequest } from '#services/dhcp/sockets.js';
import { toText } from '#settings/ipv4.js';
import type { DhcpSettings } from '#settings/schema.js';
import type { Decision } from '#trace/decision.js';
import { address, BIOS, message, PC1, SETTINGS, START } from './scene.js';

const ETH0 = {
  eth0: [
    {
      address: '10.0.0.1',
      cidr: '10.0.0.1/24',
      family: 'IPv4',
      netmask: '255.255.255.0',
      mac: PC1,
      internal: false,
    },
  ],
} as Interfaces;

/** A service whose sockets, store and clock are in the test's hands. */
class Bench {
  interfaces: Interfaces = ETH0;
  readonly records: Decision[] = [];
  readonly sent: string[] = [];
  readonly opened: Array<SocketRequest & { closed: boolean }> = [];
  readonly saves: Array<{ leases: readonly Lease[]; done: () => void; fail: (error: Error) => void }> = [];
  readonly timers: Array<() => void> = [];
  readonly service: DhcpService;
  sendError: Error | undefined;
  hasBootFile: (name: string) => boolean = () => true;

  constructor(changes: Partial<DhcpSettings> = {}, stored: readonly Lease[] = []) {
    const clock: Clock = {
      now: () => START,
      after: (_ms, run) => {
        this.timers.push(run);
        return () => this.timers.splice(this.timers.indexOf(run), 1);
      },
    };
    this.service = new DhcpService({
      settings: { dhcp: { ...SETTINGS, ...changes } },
      leases: {
        load: () => [...stored],
        save: (leases) => new Promise((done, fail) => this.saves.push({ leases, done, fail })),
      },
      recorder: { record: (decision) => this.records.push(decision) },
      clock,
      interfaces: () => this.interfaces,
      hasBootFile: (name) => this.hasBootFile(name),
      scriptUrl: (local) => `http://${local}/default.ipxe`,
      openSocket: (request) => {
        const entry = { ...request, closed: false };
        this.opened.push(entry);
        return Promise.resolve({
          port: request.port,
          send: (bytes, to) => {
            if (this.sendError) return Promise.reject(this.sendError);
            const decoded = decode(bytes);
            const type = decoded.ok ? decoded.packet.options.get(53)?.[0] : undefined;
            this.sent.push(`${type} to ${toText(to.address)}:${to.port}`);
            return Promise.resolve();
          },
          close: () => {
            entry.closed = true;
            return Promise.resolve();
          },
        });
      },
    });
  }

  async start(): Promise<this> {
    await this.service.start(() => undefined);
    return this;
  }

  hear(bytes: Buffer, port = 67): void {
    this.opened.find((one) => one.port === port)?.events.onMessage(bytes, { address: 0, port: 68 });
  }
}

/** Lets every promise that can settle do so. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const REQUEST = encode(message(3, { ...BIOS, 50: address('10.0.0.100'), 54: address('10.0.0.1') }));

describe('an ACK', () => {
  test('leaves only after the lease is durable', async () => {
    const bench = await new Bench().start();
    bench.hear(REQUEST);
    await settle();
    expect(bench.saves.map(({ leases }) => leases.length)).toEqual([1]);
    expect(bench.sent).toEqual([]);
    expect(bench.records).toEqual([]);
    bench.saves[0]?.done();
    await settle();
    expect(bench.sent).toEqual(['5 to 255.255.255.255:68']);
    expect(bench.records.map(({ event, outcome }) => `${event} ${outcome}`)).toEqual(['ack answered']);
  });

  test('does not leave when the lease cannot be written; the record says why', async () => {
    const bench = await new Bench().start();
    bench.hear(REQUEST);
    bench.saves[0]?.fail(new Error('disk full'));
    await settle();
    expect(bench.sent).toEqual([]);
    expect(bench.records).toMatchObject([{ event: 'ack', outcome: 'failed', reasons: ['disk full'] }]);
  });

  test('that waits for its lease still leaves when the service stops', async () => {
    const bench = await new Bench().start();
    bench.hear(REQUEST);
    const stopped = bench.service.stop();
    await settle();
    expect(bench.opened[0]?.closed).toBe(false);
    bench.saves[0]?.done();
    await stopped;
    expect(bench.sent).toHaveLength(1);
    expect(bench.opened[0]?.closed).toBe(true);
    expect(bench.timers).toEqual([]);
  });
});

test("while a lease is being written its address is nobody else's, and offers go out without waiting", async () => {
  const bench = await new Bench().start();
  bench.hear(REQUEST);
  bench.hear(
    encode(message(3, { 50: address('10.0.0.100'), 54: address('10.0.0.1') }, { mac: '52:54:00:77:00:02' })),
  );
  bench.hear(encode(message(1, BIOS, { mac: '52:54:00:77:00:03' })));
  await settle();
  expect(bench.sent).toEqual(['6 to 255.255.255.255:68', '2 to 255.255.255.255:68']);
});

test('leases of the store hold after a start', async () => {
  const stored: Lease = {
    ...{
      address: 0x0a000064,
      mac: '52:54:00:77:00:09',
      clientId: undefined,
      hostname: undefined,
      state: 'bound',
    },
    grantedAt: START - 1000,
    expiresAt: START + 1000,
  };
  const bench = await new Bench({}, [stored]).start();
  bench.hear(REQUEST);
  await settle();
  expect(bench.records).toMatchObject([
    { event: 'nak', reasons: ['10.0.0.100 belongs to 52:54:00:77:00:09'] },
  ]);
});

test('malformed packets are counted and recorded, never answered', async () => {
  const bench = await new Bench().start();
  bench.hear(Buffer.alloc(3));
  bench.hear(Buffer.alloc(300));
  expect(bench.records).toMatchObject([
    { event: 'malformed', outcome: 'ignored', who: {}, facts: { interface: 'eth0', bytes: 3 } },
    { event: 'malformed', outcome: 'ignored', reasons: ['the magic cookie of DHCP is missing'] },
  ]);
  expect(bench.service.health()).toEqual({
    state: 'ok',
    detail:
      'server on eth0 (10.0.0.1); 0 of 9 addresses leased, 0 offered; 2 packets, 0 answered, 2 malformed',
  });
});

test('what cannot be sent, and what the boot-file store throws, is a record and no crash', async () => {
  const bench = await new Bench().start();
  bench.sendError = new Error('send ENETUNREACH');
  bench.hear(encode(message(1)));
  await settle();
  bench.hasBootFile = () => {
    throw new Error('EIO');
  };
  bench.hear(encode(message(1, BIOS)));
  expect(bench.records).toMatchObject([
    { event: 'offer', outcome: 'failed', reasons: ['send ENETUNREACH'] },
    { event: 'ignored', outcome: 'failed', reasons: ['EIO'] },
  ]);
});

test('an interface that loses its address makes the service degraded, and back', async () => {
  const bench = await new Bench().start();
  bench.interfaces = {};
  bench.timers.pop()?.();
  expect(bench.service.health()).toMatchObject({ state: 'degraded' });
  bench.hear(encode(message(1)));
  expect(bench.records[0]?.reasons).toEqual(['eth0 has no IPv4 address now']);
  bench.interfaces = ETH0;
  bench.timers.pop()?.();
  expect(bench.service.health()).toMatchObject({ state: 'ok' });
});

test('a start that fails closes what it opened', async () => {
  const bench = new Bench({ mode: 'proxy', interfaces: ['eth0', 'eth9'] });
  await expect(bench.start()).rejects.toMatchObject({
    code: 'DHCP_NO_ADDRESS',
    message: 'interface eth9 has no IPv4 address',
  });
  expect(bench.opened.map(({ device, port, closed }) => `${device} ${port} ${closed}`)).toEqual([
    'eth0 67 true',
    'eth0 4011 true',
    'eth9 67 true',
    'eth9 4011 true',
  ]);
});

test('off: opens nothing and says what turns it on', async () => {
  const bench = await new Bench({ mode: 'off' }).start();
  expect(bench.opened).toEqual([]);
  expect(bench.service.health()).toEqual({
    state: 'off',
    detail: 'turn it on with: npm start -- --dhcp proxy --interface eth0',
  });
  await bench.service.stop();
});

test('the proxy answers on both ports', async () => {
  const bench = await new Bench({ mode: 'proxy' }).start();
  bench.hear(encode(message(1, BIOS)));
  bench.hear(encode(message(3, BIOS, { ciaddr: '10.0.0.77' })), 4011);
  await settle();
  expect(bench.sent).toEqual(['2 to 255.255.255.255:68', '5 to 10.0.0.77:68']);
  expect(bench.service.health().detail).toBe('proxy on eth0 (10.0.0.1); 2 packets, 2 answered, 0 malformed');
});
