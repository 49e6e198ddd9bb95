import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode, type Option, type Packet } from '#services/tftp/packet.js';
import type { Decision } from '#trace/decision.js';
import { type LabHost, LabNetwork } from '../../lab/network.js';
import { LabProcess, mustRun } from '../../lab/process.js';
import { curl, type ForeignClient, tftpHpa } from './clients.js';
import type { ServeConfig, Status } from './serve.js';

/** fogd's TFTP service on one host, everything that can come in a datagram from another. */
const PACKETS = 4000;
const SPOOFED = 100_000;
/** The kernel's receive buffer holds a few hundred packets; what it drops would not be counted. */
const BURST = 250;
const MIB = 1024 * 1024;
const FIRST_PORT = 50_000;
const LAST_PORT = 50_003;
/** Source ports of packets that nft gives another source: 100,000 addresses, one after the other; port 0. */
const SPOOFING_PORT = 1100;
const NOWHERE_PORT = 1101;

let network: LabNetwork;
let pc: LabHost;
const content = randomBytes(100_001);
const file = (name: string): string => join(network.folder, name);

beforeAll(async () => {
  network = await LabNetwork.create();
  pc = await network.addHost('pc', { address: 11 });
  mkdirSync(file('served'));
  writeFileSync(file('served/boot.efi'), content);
  writeFileSync(file('served/text'), 'a\nb\r\n');
  writeFileSync(file('served/empty'), '');
  await mustRun(['ip', '-n', network.server.namespace, 'route', 'add', '10.128.0.0/9', 'via', '10.77.0.11']);
  const spoof = `numgen inc mod ${SPOOFED} offset ${(10 << 24) + (128 << 16)}`;
  await mustRun(['nft', '-f', '-'], {
    namespace: pc.namespace,
    input: `table ip t { chain o { type filter hook postrouting priority 0;
      udp sport ${SPOOFING_PORT} ip saddr set ${spoof}
      udp sport ${NOWHERE_PORT} udp sport set 0\n}\n}\n`,
  });
});

/** What a test that failed left running would hold the ports of those after it. */
const running = new Set<LabProcess>();
afterEach(async () => {
  // Not asked to stop: it would wait for transfers that nobody ends.
  for (const program of running) program.kill();
  await Promise.all([...running].map(({ exited }) => exited));
  running.clear();
});
afterAll(() => network.close());

/** The service as a program, asked by lines. */
class Served {
  private constructor(private readonly program: LabProcess) {}

  static async start(name: string, more: Partial<ServeConfig> = {}): Promise<Served> {
    const config: ServeConfig = {
      folder: file('served'),
      portRange: `${FIRST_PORT}-${LAST_PORT}`,
      ...more,
    };
    const program = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      argv: [process.execPath, join(import.meta.dirname, 'serve.js'), JSON.stringify(config)],
      logFile: file(`${name}.log`),
    });
    running.add(program);
    await program.waitForOutput('ready');
    return new Served(program);
  }

  async status(): Promise<Status> {
    const number = ++this.#asked;
    this.program.write(`${number}\n`);
    await this.program.waitForOutput(`status ${number} `);
    const line = new RegExp(`^status ${number} (.*)$`, 'm').exec(this.program.output);
    return JSON.parse(line?.[1] ?? '') as Status;
  }
  #asked = 0;

  /** Waits until so many packets were heard. */
  async heard(packets: number): Promise<Status> {
    for (;;) {
      const status = await this.status();
      if (status.packets >= packets) return status;
    }
  }

  get records(): Decision[] {
    return this.program.output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Decision);
  }
}

/** A client of bytes with as many ports as it likes. */
class Bytes {
  private constructor(private readonly program: LabProcess) {}

  static async start(): Promise<Bytes> {
    const program = new LabProcess(network.cleanup, {
      namespace: pc.namespace,
      argv: [process.execPath, join(import.meta.dirname, 'bytes.js'), '10.77.0.1'],
      logFile: file('bytes.log'),
    });
    running.add(program);
    await program.waitForOutput('ready');
    return new Bytes(program);
  }

  send(bytes: Buffer, from: number, to = 69): void {
    this.program.write(`${bytes.toString('hex')} ${from} ${to}\n`);
  }

  /** What came back to a port so far; without one, to all. */
  heard(port?: number) {
    return [...this.program.output.matchAll(/^([0-9a-f]*) (\d+)$/gm)].flatMap(([, hex = '', to]) =>
      port === undefined || to === String(port) ? [decode(Buffer.from(hex, 'hex'))] : [],
    );
  }
}

/** A linear congruential generator: the same packets in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const read = (name: string, options: readonly (readonly [string, string])[] = [], mode = 'octet'): Buffer =>
  encode({
    kind: 'read',
    file: name,
    mode,
    options: options.map(([name, value]): Option => ({ name, value })),
  });
const raw = (text: string): Buffer => Buffer.from(text, 'latin1');
const say = (packet: Packet): Buffer => encode(packet);
const REQUESTS: readonly Buffer[] = [
  read('boot.efi'),
  read('boot.efi', [
    ['blksize', '1428'],
    ['tsize', '0'],
    ['windowsize', '16'],
    ['timeout', '1'],
  ]),
  read('text', [['utimeout', '20000']], 'netascii'),
  read('empty', [['tsize', '0']]),
  read('no-such-file'),
  read('../../etc/passwd'),
  read('boot.efi', [], 'mail'),
  say({ kind: 'write', file: 'boot.efi', mode: 'octet', options: [] }),
];
const OTHERS: readonly Buffer[] = [
  say({ kind: 'ack', block: 0 }),
  say({ kind: 'ack', block: 1 }),
  say({ kind: 'ack', block: 65_535 }),
  say({ kind: 'data', block: 1, data: Buffer.alloc(512, 7) }),
  say({ kind: 'error', code: 8, message: 'no thank you' }),
  say({ kind: 'oack', options: [{ name: 'blksize', value: '512' }] }),
];
const BASES = [...REQUESTS, ...OTHERS];

/** Requests that are answered with this ERROR, and with nothing else. */
const REFUSED: ReadonlyArray<readonly [what: string, bytes: Buffer, code: number]> = [
  ['a name of 60 kB', read('a'.repeat(60_000)), 4],
  ['a name without an end', raw('\0\u0001boot.efi'), 4],
  ['a name without an end of 60 kB', raw(`\0\u0001${'a'.repeat(60_000)}`), 4],
  ['a mode without an end', raw('\0\u0001boot.efi\0octet'), 4],
  ['a mode of 60 kB', read('boot.efi', [], 'a'.repeat(60_000)), 4],
  ['no name', raw('\0\u0001\0octet\0'), 4],
  ['nothing but an opcode', raw('\0\u0001'), 4],
  ['an unknown mode', read('boot.efi', [], 'ocet'), 4],
  ['a file that is not there', read('no-such-file'), 1],
  ['a name that leads out', read('../secret'), 2],
  ['a write', say({ kind: 'write', file: 'new', mode: 'octet', options: [] }), 2],
  ['a write without an end', raw('\0\u0002boot.efi'), 4],
  ['an ACK of no transfer', say({ kind: 'ack', block: 1 }), 5],
  ['DATA of no transfer', say({ kind: 'data', block: 1, data: Buffer.alloc(9000) }), 5],
];

/** Requests with odd options, and the options of the OACK; none: the first block comes. */
const SERVED: ReadonlyArray<readonly [what: string, bytes: Buffer, options: readonly Option[]]> = [
  [
    'blksize -1',
    read('boot.efi', [
      ['blksize', '-1'],
      ['windowsize', '4'],
    ]),
    [{ name: 'windowsize', value: '4' }],
  ],
  [
    'windowsize 0',
    read('boot.efi', [
      ['windowsize', '0'],
      ['timeout', '7'],
    ]),
    [{ name: 'timeout', value: '7' }],
  ],
  ['tsize 10^20', read('boot.efi', [['tsize', `1${'0'.repeat(20)}`]]), [{ name: 'tsize', value: '100001' }]],
  [
    'blksize 10^20',
    read('boot.efi', [['blksize', `1${'0'.repeat(20)}`]]),
    [{ name: 'blksize', value: '1428' }],
  ],
  ['an option without value', raw('\0\u0001boot.efi\0octet\0blksize\0'), []],
  ['an option without end', raw('\0\u0001boot.efi\0octet\0blksize\x00512'), []],
  [
    'an option of 1 kB',
    read('boot.efi', [
      ['a'.repeat(1000), '1'],
      ['timeout', '7'],
    ]),
    [{ name: 'timeout', value: '7' }],
  ],
  [
    'five hundred options',
    read(
      'boot.efi',
      Array.from({ length: 500 }, (): [string, string] => ['a', '1']),
    ),
    [],
  ],
];

/** Packets that nothing may be sent for. */
const IGNORED: ReadonlyArray<readonly [what: string, bytes: Buffer]> = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.alloc(1)],
  ['opcode 0', Buffer.alloc(600)],
  ['opcode 7', raw('\0\u0007boot.efi\0octet\0')],
  ['half an ACK', raw('\0\u0004\0')],
  ['an ERROR of no transfer', say({ kind: 'error', code: 0, message: 'x'.repeat(60_000) })],
];

function mutated(base: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(base);
  const changes = random(4);
  for (let change = 0; change < changes; change++) bytes[random(bytes.length)] = random(256);
  switch (random(6)) {
    case 0:
      return bytes.subarray(0, random(bytes.length));
    case 1:
      return Buffer.concat([bytes, Buffer.alloc(random(2000), random(256))]);
    case 2:
      return Buffer.from(Array.from({ length: random(600) }, () => random(256)));
    default:
      return bytes;
  }
}

/** curl and tftp-hpa repeat a request every second or five, and give up after some. */
const MOST_REPEATS = 12;

/** A well-behaved client has the file, whole. */
async function serves(client: ForeignClient): Promise<void> {
  const local = file(`copy-${client.name}`);
  const job = { namespace: pc.namespace, host: '10.77.0.1', port: 69, remote: 'boot.efi', local };
  await client.fetch({ ...job, blockSize: client === tftpHpa ? 512 : 1428 });
  expect(readFileSync(local).equals(content)).toBe(true);
}

/** Every packet is counted once, and every request and every packet of nobody has its record or is a transfer that still runs. */
function addsUp(status: Status): void {
  const { packets, requests, ofTransfers, ofNobody, records, running } = status;
  expect(requests + ofTransfers + ofNobody).toBe(packets);
  expect(records + running).toBe(requests + ofNobody);
}

describe('the running service', () => {
  it('answers what the RFCs answer, is silent where they are, and has a record of each', async () => {
    const fogd = await Served.start('known');
    const bytes = await Bytes.start();
    let sent = 0;
    /** Each from a port of its own; returns that. */
    const ask = async (packet: Buffer): Promise<number> => {
      const port = 1200 + ++sent;
      bytes.send(packet, port);
      await fogd.heard(sent);
      return port;
    };
    for (const [what, packet, code] of REFUSED) {
      const port = await ask(packet);
      await expect.poll(() => bytes.heard(port), { message: what }).toMatchObject([{ kind: 'error', code }]);
    }
    expect(fogd.records.map(({ outcome }) => outcome)).toEqual(REFUSED.map(() => 'refused'));
    for (const [what, packet, options] of SERVED) {
      const port = await ask(packet);
      const answer = options.length > 0 ? { kind: 'oack', options } : { kind: 'data', block: 1 };
      await expect.poll(() => bytes.heard(port)[0], { message: what }).toMatchObject(answer);
    }
    const silent: number[] = [];
    for (const [, packet] of IGNORED) silent.push(await ask(packet));
    bytes.send(read('boot.efi'), NOWHERE_PORT);
    addsUp(await fogd.heard(++sent));
    await serves(curl);
    for (const [index, port] of [...silent, NOWHERE_PORT].entries())
      expect(bytes.heard(port), IGNORED[index]?.[0]).toEqual([]);
    const ignored = fogd.records.filter(({ outcome }) => outcome === 'ignored');
    expect(ignored.length).toBe(IGNORED.length + 1);
    expect(ignored.at(-1)?.reasons).toEqual(['the packet came from port 0, which nothing can be sent to']);
  });

  it('outlives mutated packets to all its ports, answers each refusal, and serves good clients', async () => {
    const fogd = await Served.start('mutated');
    const bytes = await Bytes.start();
    const random = randomNumbers(20_260_101);
    for (let sent = 0; sent < PACKETS; sent++) {
      const packet = mutated(BASES[random(BASES.length)] ?? Buffer.alloc(0), random);
      const to = random(3) === 0 ? FIRST_PORT + random(LAST_PORT - FIRST_PORT + 1) : 69;
      bytes.send(packet, 1300 + random(6), to);
      if (sent % BURST === BURST - 1) await fogd.heard(sent + 1);
    }
    const status = await fogd.heard(PACKETS);
    expect(status.packets).toBe(PACKETS);
    addsUp(status);
    for (const kind of [status.requests, status.ofTransfers, status.ofNobody])
      expect(kind).toBeGreaterThan(200);
    await serves(curl);
    await serves(tftpHpa);
    const refused = fogd.records.filter(({ outcome }) => outcome === 'refused');
    const errors = () => bytes.heard().filter(({ kind }) => kind === 'error').length;
    await expect.poll(errors).toBe(refused.length);
    expect(fogd.records.every(({ reasons }) => JSON.stringify(reasons).length < 2000)).toBe(true);
  });

  it('a flood of ACKs to a transfer that runs makes it send nothing twice', async () => {
    // A machine so busy that a block is sent again meanwhile must not look like one that answers a copy; whatever `timeout` it is asked for, fogd
    // waits a second at most at first, and a tenth of one after a quick answer.
    const fogd = await Served.start('acks', { clockStands: true });
    const bytes = await Bytes.start();
    bytes.send(read('boot.efi', [['windowsize', '4']]), 1400);
    await expect.poll(() => bytes.heard()).toHaveLength(1);
    const FLOOD = 1000;
    for (let sent = 0; sent < FLOOD; sent++) {
      // To every port of the range: one of them is the transfer's, and only there it has begun.
      bytes.send(say({ kind: 'ack', block: 0 }), 1400, FIRST_PORT + (sent & 3));
      if (sent % BURST === BURST - 1) await fogd.heard(sent + 2);
    }
    await fogd.heard(FLOOD + 1);
    const blocks = bytes.heard().filter(({ kind }) => kind === 'data');
    // The window, and once more for the first copy of the ACK: that may mean that the window was lost.
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    expect(blocks.length).toBeLessThanOrEqual(8);
    addsUp(await fogd.status());
    await serves(curl);
  });

  it('bears 100,000 requests from as many addresses in bounded memory and descriptors, and serves afterwards', async () => {
    const fogd = await Served.start('spoofed', { countOnly: true });
    await serves(curl);
    const before = await fogd.status();
    const bytes = await Bytes.start();
    const request = read('boot.efi', [
      ['blksize', '1428'],
      ['tsize', '0'],
    ]);
    let status = before;
    let descriptors = 0;
    let halfway = 0;
    for (let sent = 0; sent < SPOOFED; sent += BURST) {
      for (let burst = 0; burst < BURST; burst++) bytes.send(request, SPOOFING_PORT);
      status = await fogd.heard(before.packets + sent + BURST);
      descriptors = Math.max(descriptors, status.descriptors);
      expect(status.running).toBeLessThanOrEqual(10_000);
      if (sent === SPOOFED / 2) halfway = status.memory;
    }
    await serves(curl);
    await serves(tftpHpa);
    const after = await fogd.status();
    addsUp(after);
    // A good client may have asked again: ten thousand that answer nothing are being asked for their answers.
    expect(after.requests).toBeGreaterThanOrEqual(before.requests + SPOOFED + 2);
    expect(after.requests).toBeLessThanOrEqual(before.requests + SPOOFED + 2 + MOST_REPEATS);
    // Those that answer nothing hold their places, as many as there are by now: what came later cost no more memory.
    expect(status.running).toBeGreaterThan(5_000);
    expect(after.memory - before.memory).toBeLessThan(256 * MIB);
    expect(after.memory - halfway).toBeLessThan(64 * MIB);
    // Everybody shares the sockets and the file.
    expect(descriptors - before.descriptors).toBeLessThan(400);
  }, 240_000);
});
