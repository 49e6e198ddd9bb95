import { describe, expect, it } from 'vitest';
import type { Clock } from '#daemon/clock.js';
import { Library, type Source } from '#services/tftp/library.js';
import { encode } from '#services/tftp/packet.js';
import { PortPool } from '#services/tftp/port-pool.js';
import { type Local, RequestDesk } from '#services/tftp/request-desk.js';
import type { Session } from '#services/tftp/session.js';
import type { Endpoint, Peer } from '#services/tftp/sockets.js';
import { Turns } from '#services/tftp/turns.js';
import type { Decision } from '#trace/decision.js';
import { settle } from '../../virtual-clock.js';

/** A clock for many thousand timers; their order within one step does not matter here. */
class CoarseClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  afterAbout(milliseconds: number, run: () => void): () => void {
    return this.after(milliseconds, run);
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.#now < end) {
      this.#now += 500;
      for (const timer of [...this.#timers])
        if (timer.at <= this.#now && this.#timers.delete(timer)) timer.run();
    }
  }
}

const CONTENT = Buffer.alloc(5000, 'x');

/** Turns in which everything has its place. */
const endless = (): Turns => new Turns({ stopwatch: () => 0, defer: () => undefined });

function setUp(open: (name: string) => Promise<Source | undefined>, turns = endless()) {
  const sent: { bytes: Buffer; peer: Peer }[] = [];
  const endpoint = (port: number): Endpoint => ({
    address: '10.0.0.1',
    port,
    sendError: undefined,
    send: (bytes, peer) => sent.push({ bytes, peer }),
    sendAll: (bytes, _size, peer) => sent.push({ bytes: Buffer.from(bytes), peer }),
    close: () => undefined,
  });
  const local: Local = {
    address: '10.0.0.1',
    listener: endpoint(69),
    pool: new PortPool<Session>(),
    sessions: new Map(),
    waiting: new Map(),
  };
  local.pool.add(endpoint(50000));
  const records: Decision[] = [];
  const clock = new CoarseClock();
  const files = {
    open,
    inOtherCase: async () => undefined,
    explain: async () => ({ kind: 'missing', reason: 'x is not among the boot files' }) as const,
  };
  const desk = new RequestDesk({
    clock,
    recorder: { record: (decision) => records.push(decision) },
    library: new Library(files, () => undefined, false),
    maxBlockSize: 1428,
    maxWindowSize: 16,
    ports: '50000',
    turns,
  });
  desk.open();
  const ask = (peer: Peer, file = 'x'): void =>
    desk.receive(local, local.listener, encode({ kind: 'read', file, mode: 'octet', options: [] }), peer);
  const ack = (peer: Peer, block: number): void => {
    const [sender] = local.pool.endpoints;
    if (sender) desk.receive(local, sender, encode({ kind: 'ack', block }), peer);
  };
  return { desk, local, sent, records, clock, ask, ack };
}

const source = (close: () => void = () => undefined): Source => ({
  size: CONTENT.length,
  cached: (offset, length) => CONTENT.subarray(offset, offset + length),
  read: async (offset, length) => CONTENT.subarray(offset, offset + length),
  close,
});

const forged = (index: number): Peer => ({
  address: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
  port: 2070,
});

describe('RequestDesk', () => {
  it('bears many thousand forged requests, and serves a real client meanwhile', async () => {
    let open = 0;
    const { desk, local, clock, records, ask, ack } = setUp(async () => {
      open++;
      return source(() => open--);
    });
    const real = { address: '192.168.0.9', port: 2070 };
    ask(real);
    await settle();
    for (let index = 0; index < 25_000; index++) {
      ask(forged(index));
      if (index % 1000 === 0) await settle();
      if (index === 500) ack(real, 1);
    }
    await settle();
    expect(desk.transfers).toBeLessThanOrEqual(10_000);
    expect(local.sessions.size).toBe(desk.transfers);
    expect(open).toBe(desk.transfers);
    for (let block = 2; block <= 10; block++) ack(real, block);
    expect(records.filter(({ who }) => who.ip === real.address)).toMatchObject([{ event: 'file-sent' }]);
    clock.advance(30_000);
    expect([desk.transfers, local.sessions.size, open]).toEqual([0, 0, 0]);
  });

  it('lets one address have no more than its share, silently', async () => {
    const { desk, sent, records, ask } = setUp(() => new Promise(() => undefined));
    for (let port = 1; port <= 600; port++) ask({ address: '10.0.0.9', port });
    await settle();
    expect(desk.transfers).toBe(500);
    expect(sent).toEqual([]);
    expect(records).toHaveLength(100);
    expect(records[0]).toMatchObject({
      event: 'file-refused',
      outcome: 'ignored',
      reasons: ['10.0.0.9 already has 500 transfers, the most for one address'],
    });
  });

  it('does not answer where no answer can go, and has a record of it', async () => {
    const { desk, sent, records, ask } = setUp(async () => source());
    ask({ address: '10.0.0.9', port: 0 });
    await settle();
    expect([desk.transfers, sent.length]).toEqual([0, 0]);
    const reasons = ['the packet came from port 0, which nothing can be sent to'];
    expect(records).toMatchObject([{ event: 'malformed', outcome: 'ignored', reasons }]);
  });

  it('lets other work of the process have its turn in a storm, and serves every request', async () => {
    let now = 0;
    const deferred: (() => void)[] = [];
    // Each packet costs a quarter of a millisecond of a turn's four.
    const turns = new Turns({ stopwatch: () => (now += 0.125), defer: (run) => deferred.push(run) });
    const { desk, sent, ask, ack } = setUp(async () => source(), turns);
    const peers = Array.from({ length: 1000 }, (_, index) => forged(index));
    for (const peer of peers) ask(peer);
    await settle();
    let most = sent.length;
    let rounds = 0;
    for (; deferred.length > 0; rounds++) {
      const before = sent.length;
      for (const run of deferred.splice(0)) run();
      await settle();
      most = Math.max(most, sent.length - before);
    }
    expect(sent).toHaveLength(1000);
    expect(most).toBeLessThan(50);
    expect(rounds).toBeGreaterThan(20);
    for (let block = 1; block <= 10; block++) {
      for (const peer of peers) ack(peer, block);
      while (deferred.length > 0) for (const run of deferred.splice(0)) run();
    }
    expect(desk.transfers).toBe(0);
  });

  it('begins no second transfer for a copy that waited while the first ran to its end', async () => {
    let now = 0;
    const deferred: (() => void)[] = [];
    const turns = new Turns({ stopwatch: () => (now += 1), defer: (run) => deferred.push(run) });
    const { desk, sent, records, ask, ack } = setUp(async () => source(), turns);
    const turn = async () => {
      for (const run of deferred.splice(0)) run();
      await settle();
    };
    const peer = { address: '192.168.0.9', port: 2070 };
    for (let index = 0; index < 10; index++) ask(forged(index));
    ask(peer);
    for (let index = 10; index < 100; index++) ask(forged(index));
    ask(peer);
    while (sent.every(({ peer: to }) => to.address !== peer.address)) await turn();
    ask(peer);
    for (let block = 1; block <= 10; block++) ack(peer, block);
    while (deferred.length > 0) await turn();
    expect(records.filter(({ who }) => who.ip === peer.address)).toMatchObject([{ event: 'file-sent' }]);
    expect(desk.transfers).toBe(100);
    expect(desk.counts).toEqual({ received: 113, requests: 101, ofTransfers: 12, strange: 0 });
  });

  it('has a record of a request that comes while it is closed', async () => {
    const { desk, sent, records, ask } = setUp(async () => source());
    desk.close();
    ask({ address: '10.0.0.9', port: 2070 });
    await settle();
    expect([desk.transfers, sent.length]).toEqual([0, 0]);
    const reasons = ['this server is being stopped'];
    expect(records).toMatchObject([{ event: 'file-refused', outcome: 'ignored', reasons }]);
  });

  it('counts each packet once, by what it was', async () => {
    const { desk, records, ask, ack } = setUp(async () => source());
    const peer = { address: '10.0.0.9', port: 2070 };
    ask(peer);
    ask(peer);
    await settle();
    for (let block = 1; block <= 11; block++) ack(peer, block);
    ack({ address: '10.0.0.10', port: 2070 }, 1);
    ask({ address: '10.0.0.10', port: 0 });
    expect(desk.counts).toEqual({ received: 15, requests: 1, ofTransfers: 12, strange: 2 });
    expect(records).toHaveLength(3);
  });

  it('tells the client when the disk fails, and keeps the path to itself', async () => {
    const { sent, records, ask } = setUp(async () => {
      throw Object.assign(new Error("EIO: i/o error, open '/secret/x'"), { code: 'EIO' });
    });
    ask({ address: '10.0.0.9', port: 2070 });
    await settle();
    expect(sent.map(({ bytes }) => bytes.toString('latin1'))).toEqual([
      '\0\x05\0\0this server cannot read the file\0',
    ]);
    expect(records).toMatchObject([{ event: 'file-refused', outcome: 'failed', facts: { file: 'x' } }]);
  });

  it('forgets a request whose client began again while the file was being opened', async () => {
    const opened: ((source: Source) => void)[] = [];
    let closed = 0;
    const { desk, sent, records, ask } = setUp(() => new Promise((resolve) => opened.push(resolve)));
    const peer = { address: '10.0.0.9', port: 2070 };
    ask(peer, 'first');
    ask(peer, 'first');
    ask(peer, 'second');
    expect(opened).toHaveLength(2);
    for (const resolve of opened) resolve(source(() => closed++));
    await settle();
    expect([sent.length, desk.transfers, closed]).toEqual([1, 1, 1]);
    expect(records).toMatchObject([{ event: 'file-refused', outcome: 'ignored', facts: { file: 'first' } }]);
  });

  it('ends a transfer whose file changes under it', async () => {
    const { sent, records, ask, ack } = setUp(async () => ({
      ...source(),
      cached: (offset, length) => (offset === 0 ? CONTENT.subarray(0, length) : undefined),
      read: () => Promise.reject(new Error('x was changed while it was being sent')),
    }));
    const peer = { address: '10.0.0.9', port: 2070 };
    ask(peer);
    await settle();
    ack(peer, 1);
    await settle();
    expect(sent.at(-1)?.bytes.readUInt16BE(0)).toBe(5);
    expect(records).toMatchObject([
      { event: 'file-stalled', outcome: 'failed', facts: { outcome: 'source-failed', bytes: 512 } },
    ]);
  });
});
