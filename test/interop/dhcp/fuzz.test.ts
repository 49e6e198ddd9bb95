import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { encode } from '#services/dhcp/packet.js';
import { Probe, proxySettings, RunningDhcp, serverSettings } from './fogd.js';
import { BIOS, clientMessage, SYSTEM } from './messages.js';
import { Segment } from './segment.js';

const PACKETS = 2000;

let segment: Segment;

beforeAll(async () => {
  segment = await Segment.create();
  await segment.addHost('srv', { eth0: { address: '10.77.0.1/24' } });
  await segment.addHost('pc', { eth0: {} });
});

afterEach(() => segment.stopAll());
afterAll(() => segment.close());

/** A linear congruential generator: the same packets in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function mutated(base: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(base);
  const changes = 1 + random(8);
  for (let change = 0; change < changes; change++) bytes[random(bytes.length)] = random(256);
  switch (random(6)) {
    case 0:
      return bytes.subarray(0, 1 + random(bytes.length));
    case 1:
      return Buffer.concat([bytes, Buffer.alloc(random(1000), random(256))]);
    case 2:
      // The first bytes of the options: types and lengths.
      bytes[240 + random(20)] = random(256);
      return bytes;
    default:
      return bytes;
  }
}

/** The counters once so many packets were heard. */
async function heard(fogd: RunningDhcp, packets: number) {
  for (;;) {
    const [, received = 0, answered = 0, malformed = 0, limited = 0] =
      /(\d+) packets, (\d+) answered, (\d+) malformed, (\d+) over/.exec(await fogd.health())?.map(Number) ??
      [];
    if (received >= packets) return { received, answered, malformed, limited };
  }
}

test.each([
  ['server', serverSettings(), 67],
  ['proxy', proxySettings(), 4011],
] as const)(
  '%s mode outlives mutated packets, has a record of each, and serves a good client',
  async (mode, dhcp, port) => {
    const fogd = await RunningDhcp.start(segment, 'srv', { dhcp });
    const probe = await Probe.start(segment, 'pc');
    const random = randomNumbers(20_260_101);
    // Many machines: one that sends so much would be shut out.
    const macs = Array.from({ length: 50 }, (_, n) => `52:54:00:77:01:${n.toString(16).padStart(2, '0')}`);
    const bases = [1, 3, 4, 7, 8].flatMap((type) =>
      [BIOS, SYSTEM].flatMap((options) =>
        macs.map((mac) => encode(clientMessage(type, mac, options, { ciaddr: '10.77.0.150' }))),
      ),
    );
    await segment.ip('pc', 'addr replace 10.77.0.9/24 brd + dev eth0');
    for (let sent = 0; sent < PACKETS; sent++) {
      const base = bases[random(bases.length)] ?? Buffer.alloc(0);
      probe.send(mutated(base, random), '10.77.0.1', random(2) === 0 ? port : 67);
      // The kernel's receive buffer holds a few hundred packets; what it drops would not be counted.
      if (sent % 50 === 49) await heard(fogd, sent + 1);
    }
    const { answered, malformed, limited } = await heard(fogd, PACKETS);
    const told = (event: string) => fogd.records.filter((one) => one.event === event);
    expect(malformed).toBeGreaterThan(100);
    expect(told('malformed').length).toBe(malformed);
    expect(told('malformed').every(({ reasons }) => reasons.length === 1)).toBe(true);
    // Everything that was sent is answered, or in a record of its own, or counted as over the limit.
    expect(fogd.records.length - told('limited').length + limited).toBe(PACKETS);
    expect(answered).toBeGreaterThan(mode === 'server' ? 100 : 10);

    const good = await probe.ask(clientMessage(1, '52:54:00:77:00:22', BIOS), '10.77.0.1');
    expect(good.options.get(53)).toEqual(Buffer.of(2));
  },
);
