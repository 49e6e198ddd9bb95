import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { receiveWaiting } from '#native/receive.js';
import { openUdpSocket, sendNow } from '#native/udp-socket.js';

const LOOPBACK = 0x7f000001;

describe('receiveWaiting', () => {
  const open: Socket[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.close();
  });

  async function socket(): Promise<{ fd: number; port: number; node: Socket }> {
    const fd = openUdpSocket({ address: LOOPBACK, port: 0 });
    const node = createSocket('udp4');
    open.push(node);
    await new Promise<void>((resolve) => node.bind({ fd }, resolve));
    return { fd, port: node.address().port, node };
  }

  /** What arrives, until `count` datagrams have; how many of them came in each call of the handler for Node's own datagrams. */
  async function receive(count: number, send: (to: { address: number; port: number }) => void) {
    const { fd, port, node } = await socket();
    const got: { bytes: Buffer; port: number }[] = [];
    const batches: number[] = [];
    const done = new Promise<void>((resolve) => {
      node.on('message', (bytes, from) => {
        const before = got.push({ bytes, port: from.port });
        receiveWaiting(fd, (more, { port: origin }) => got.push({ bytes: more, port: origin }));
        batches.push(got.length - before);
        if (got.length === count) resolve();
      });
    });
    send({ address: LOOPBACK, port });
    await done;
    return { got, batches };
  }

  it('brings every datagram once, in its order, with its sender, whatever its length', async () => {
    const from = await socket();
    const lengths = [0, 1, 300, 2048, 60_000, 65_507, ...Array.from({ length: 60 }, (_, at) => at)];
    const { got } = await receive(lengths.length, (to) => {
      lengths.forEach((length, at) => {
        sendNow(from.fd, Buffer.alloc(length, at), to);
      });
    });
    expect(got.map(({ bytes }) => bytes.length)).toEqual(lengths);
    expect(got.every(({ bytes }, at) => bytes.every((byte) => byte === at))).toBe(true);
    expect(got.every(({ port }) => port === from.port)).toBe(true);
  });

  it('hands over copies: a later batch does not change what an earlier one brought', async () => {
    const from = await socket();
    const send = (value: number) => (to: { address: number; port: number }) => {
      for (let sent = 0; sent < 40; sent++) sendNow(from.fd, Buffer.alloc(100, value), to);
    };
    const { got } = await receive(40, send(1));
    await receive(40, send(2));
    expect(got.every(({ bytes }) => bytes.every((byte) => byte === 1))).toBe(true);
  });

  it('takes at most 64 in one turn of the event loop: timers and other sockets go first', async () => {
    const from = await socket();
    let turns = 0;
    const count = () => {
      turns++;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const { batches } = await receive(500, (to) => {
      for (let sent = 0; sent < 500; sent++) sendNow(from.fd, Buffer.alloc(10), to);
    });
    clearImmediate(counting);
    // Node itself takes up to 32 more in a turn, one by one.
    expect(turns).toBeGreaterThanOrEqual(Math.floor(500 / (64 + 32)));
    expect(Math.max(...batches)).toBeGreaterThan(1);
  });

  it('throws what the socket has to say', () => {
    expect(() => receiveWaiting(-1, () => undefined)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});
