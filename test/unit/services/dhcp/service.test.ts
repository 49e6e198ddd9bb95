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
  indexes: Record<string, number> = { eth0: 2, eth9: 3 };
  neighbours: Record<string, string> = {};
  load = 0;
  readonly records: Decision[] = [];
  readonly sent: string[] = [];
  readonly opened: Array<SocketRequest & { closed: boolean }> = [];
  readonly saves: Array<{ leases: readonly Lease[]; done: () => void; fail: (error: Error) => void }> = [];
  readonly timers: Array<() => void> = [];
  readonly service: DhcpService;
  sendError: Error | undefined;
  hasBootFile: (name: string) => boolean = () => true;

  constructor(changes: Partial<DhcpSettings> = {}, stored: readonly Lease[] = []) {
    const after = (_ms: number, run: () => void) => {
      this.timers.push(run);
      return () => this.timers.splice(this.timers.indexOf(run), 1);
    };
    const clock: Clock = { now: () => START, after, afterAbout: after };
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
      urls: (local) => ({
        script: `http://${local}/default.ipxe`,
        file: (name) => `http://${local}/${name}`,
      }),
      interfaceIndex: (name) => this.indexes[name],
      hostOf: () => undefined,
      neighbour: (ip) => Promise.resolve(this.neighbours[ip]),
      knock: () => Promise.resolve(),
      busy: () => this.load,
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
    await this.service.start();
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
      'server on eth0 (10.0.0.1); 0 of 9 addresses leased, 0 offered; 2 packets, 0 answered, 2 malformed, 0 over the limit',
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

describe('an interface is followed', () => {
  const ETH9 = {
    ...ETH0,
    eth9: ETH0.eth0?.map((one) => ({ ...one, address: '10.0.0.2', cidr: '10.0.0.2/24' })),
  };

  /** The next look at the interfaces. */
  async function look(bench: Bench): Promise<void> {
    bench.timers.pop()?.();
    await settle();
  }

  test('that loses its address and gets it back', async () => {
    const bench = await new Bench().start();
    bench.interfaces = {};
    await look(bench);
    expect(bench.service.health()).toMatchObject({ state: 'degraded' });
    bench.hear(encode(message(1)));
    expect(bench.records.map(({ event, reasons }) => [event, reasons[0]])).toMatchObject([
      ['interface-lost', expect.stringContaining('interface eth0 has no IPv4 address: give it')],
      ['ignored', 'interface eth0 has no IPv4 address'],
    ]);
    bench.interfaces = ETH0;
    await look(bench);
    expect(bench.service.health()).toMatchObject({ state: 'ok' });
    expect(bench.records.at(-1)).toMatchObject({ event: 'interface-served', facts: { server: '10.0.0.1' } });
    expect(bench.opened).toHaveLength(1);
  });

  test('that changes its address: answers carry the new one', async () => {
    const bench = await new Bench().start();
    bench.interfaces = { eth0: ETH9.eth9 };
    await look(bench);
    expect(bench.service.health().detail).toContain('server on eth0 (10.0.0.2)');
  });

  test('that goes and comes back under its name is another one: its sockets are opened anew', async () => {
    const bench = await new Bench().start();
    bench.indexes = { eth0: 7 };
    await look(bench);
    expect(bench.opened.map(({ device, closed }) => `${device} ${closed}`)).toEqual([
      'eth0 true',
      'eth0 false',
    ]);
    bench.indexes = {};
    await look(bench);
    expect(bench.opened.every(({ closed }) => closed)).toBe(true);
    expect(bench.service.health().detail).toContain(
      'not on eth0: interface eth0 does not exist: name one of eth0',
    );
  });

  test('that is not there yet keeps no other waiting, and is served when it comes', async () => {
    const bench = new Bench({ mode: 'proxy', interfaces: ['eth0', 'eth9'] });
    bench.indexes = { eth0: 2 };
    await bench.start();
    expect(bench.service.health()).toMatchObject({ state: 'degraded' });
    bench.indexes = { eth0: 2, eth9: 3 };
    bench.interfaces = ETH9;
    await look(bench);
    expect(bench.service.health()).toMatchObject({ state: 'ok' });
    expect(bench.opened.map(({ device, port }) => `${device} ${port}`)).toEqual([
      'eth0 67',
      'eth0 4011',
      'eth9 67',
      'eth9 4011',
    ]);
  });

  test('whose socket fails is opened anew', async () => {
    const bench = await new Bench().start();
    bench.opened[0]?.events.onFailure('ENETDOWN');
    await settle();
    expect(bench.opened[0]?.closed).toBe(true);
    await look(bench);
    expect(bench.opened).toHaveLength(2);
    expect(bench.records.map(({ event }) => event)).toEqual(['interface-lost', 'interface-served']);
  });
});

test('a start that fails closes what it opened', async () => {
  const bench = new Bench({ subnets: [{ network: '10.1.0.0/24', ranges: ['10.1.0.10-10.1.0.11'] }] });
  await expect(bench.start()).rejects.toMatchObject({ code: 'DHCP_NO_SUBNET' });
  expect(bench.opened.map(({ device, port, closed }) => `${device} ${port} ${closed}`)).toEqual([
    'eth0 67 true',
  ]);
});

describe('before an address is given out for the first time', () => {
  test('it is looked for on the wire; one that is in use is set aside and another one offered', async () => {
    const bench = await new Bench({
      probe: true,
      subnets: [{ network: '10.0.0.0/24', ranges: ['10.0.0.100-10.0.0.101'] }],
    }).start();
    const first = bench.service.health().detail;
    expect(first).toContain('0 of 2 addresses leased');
    bench.neighbours = { '10.0.0.100': '02:00:00:00:00:99' };
    bench.hear(encode(message(1, { 50: address('10.0.0.100') })));
    await settle();
    expect(bench.sent).toEqual([]);
    // The look at the interfaces was first.
    bench.timers.splice(1, 1)[0]?.();
    await settle();
    expect(bench.saves[0]?.leases).toMatchObject([{ state: 'declined', mac: '02:00:00:00:00:99' }]);
    bench.saves[0]?.done();
    await settle();
    bench.timers.splice(1, 1)[0]?.();
    await settle();
    expect(bench.sent).toEqual(['2 to 255.255.255.255:68']);
    expect(bench.records.map(({ event, facts }) => `${event} ${String(facts?.address)}`)).toEqual([
      'conflict 10.0.0.100',
      'offer 10.0.0.101',
    ]);
  });

  test('but not where the machine itself answers for it, and never behind a relay', async () => {
    const bench = await new Bench({ probe: true }).start();
    bench.neighbours = { '10.0.0.100': PC1 };
    bench.hear(encode(message(1, { 50: address('10.0.0.100') })));
    await settle();
    bench.timers.splice(1, 1)[0]?.();
    await settle();
    bench.hear(encode(message(1, {}, { mac: '52:54:00:77:00:08', giaddr: '10.1.0.1' })));
    await settle();
    expect(bench.sent).toEqual(['2 to 255.255.255.255:68', '2 to 10.1.0.1:67']);
  });
});

describe('a flood', () => {
  test('one machine has a rate, and the others are served', async () => {
    const bench = await new Bench().start();
    for (let n = 0; n < 500; n++) bench.hear(encode(message(1)));
    bench.hear(encode(message(1, {}, { mac: '52:54:00:77:00:02' })));
    await settle();
    expect(bench.sent).toHaveLength(101);
    expect(bench.service.health().detail).toContain(
      '501 packets, 101 answered, 0 malformed, 400 over the limit',
    );
    expect(bench.records.filter(({ event }) => event === 'limited')).toMatchObject([
      { reasons: [`${PC1} sends more than 50 packets a second`], outcome: 'ignored' },
    ]);
  });

  test('of invented machines leaves the known ones served, and every packet is counted', async () => {
    const stored: Lease = {
      ...{
        address: 0x0a000064,
        mac: '52:54:00:77:00:09',
        clientId: undefined,
        hostname: undefined,
        state: 'bound',
      },
      ...{ grantedAt: START - 1000, expiresAt: START + 1000 },
    };
    const bench = await new Bench({}, [stored]).start();
    bench.load = 1;
    const invented = (n: number) =>
      `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`;
    for (let n = 0; n < 5000; n++) bench.hear(encode(message(1, {}, { mac: invented(n) })));
    bench.hear(encode(message(1, {}, { mac: '52:54:00:77:00:09' })));
    await settle();
    expect(bench.records.at(-1)).toMatchObject({ event: 'offer', facts: { address: '10.0.0.100' } });
    const [, received = 0, answered = 0, limited = 0] =
      /(\d+) packets, (\d+) answered, 0 malformed, (\d+) over/
        .exec(bench.service.health().detail)
        ?.map(Number) ?? [];
    const ignored = bench.records.filter(({ event }) => event === 'discover').length;
    expect(received).toBe(5001);
    expect(answered + ignored + limited).toBe(received);
    expect(limited).toBeGreaterThan(4000);
  });
});

describe('another DHCP server', () => {
  const taken = (server: string, mac: string, giaddr = '0.0.0.0') =>
    encode(message(3, { 50: address('10.0.0.77'), 54: address(server) }, { mac, giaddr }));

  test('is named once, in the record and in the status', async () => {
    const bench = await new Bench().start();
    for (const mac of [PC1, '52:54:00:77:00:02']) bench.hear(taken('10.0.0.9', mac));
    bench.hear(taken('10.0.0.1', PC1));
    bench.hear(taken('10.0.0.8', PC1, '10.1.0.1'));
    const named = bench.records.filter(({ event }) => event === 'other-server');
    expect(named).toMatchObject([{ outcome: 'failed', facts: { server: '10.0.0.9', interface: 'eth0' } }]);
    expect(bench.service.health()).toMatchObject({ state: 'degraded' });
    expect(bench.service.health().detail).toContain('; other DHCP server: 10.0.0.9 on eth0');
  });

  test('is what a proxy expects', async () => {
    const bench = await new Bench({ mode: 'proxy' }).start();
    bench.hear(taken('10.0.0.9', PC1));
    expect(bench.records[0]).toMatchObject({ event: 'other-server', outcome: 'ignored' });
    expect(bench.service.health()).toMatchObject({ state: 'ok' });
  });
});

test("an admin releases an address: it is durable, and nobody's", async () => {
  const bench = await new Bench().start();
  bench.hear(REQUEST);
  bench.saves[0]?.done();
  await settle();
  const released = bench.service.releaseLease(0x0a000064);
  bench.saves[1]?.done();
  expect(await released).toMatchObject({ state: 'released', address: 0x0a000064 });
  await expect(bench.service.releaseLease(0x0a000064)).rejects.toMatchObject({ code: 'DHCP_LEASE_UNKNOWN' });
});

test('off: opens nothing and says what turns it on', async () => {
  const bench = await new Bench({ mode: 'off' }).start();
  expect(bench.opened).toEqual([]);
  expect(bench.service.health()).toEqual({
    state: 'off',
    detail:
      'turn it on with dhcp.mode = "proxy" and dhcp.interfaces = ["eth0"] (in a checkout: npm start -- --dhcp proxy --interface eth0)',
  });
  await bench.service.stop();
});

test('the proxy answers on both ports', async () => {
  const bench = await new Bench({ mode: 'proxy' }).start();
  bench.hear(encode(message(1, BIOS)));
  bench.hear(encode(message(3, BIOS, { ciaddr: '10.0.0.77' })), 4011);
  await settle();
  expect(bench.sent).toEqual(['2 to 255.255.255.255:68', '5 to 10.0.0.77:68']);
  expect(bench.service.health().detail).toBe(
    'proxy on eth0 (10.0.0.1); 2 packets, 2 answered, 0 malformed, 0 over the limit',
  );
});
