import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BootFiles } from '#files/boot-files.js';
import { type TftpDeps, TftpService } from '#services/tftp/service.js';
import type { Decision } from '#trace/decision.js';
import { VirtualClock } from '../../virtual-clock.js';
import { Probe } from './probe.js';

const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 31) & 0xff));
const SCRIPT = '#!ipxe\nchain http://SERVER/\n';

let folder: string;
let clock: VirtualClock;
let records: Decision[];
let cleanup: (() => void | Promise<void>)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-tftp-'));
  writeFileSync(join(folder, 'boot.efi'), CONTENT);
  writeFileSync(join(folder, 'text'), 'a\nb\n');
  symlinkSync('/etc/hostname', join(folder, 'link'));
  clock = new VirtualClock();
  records = [];
  cleanup = [() => rmSync(folder, { recursive: true, force: true })];
});
afterEach(async () => {
  for (const step of cleanup.reverse()) await step();
});

/** Ports that are free now, apart from the range that the kernel hands out by itself. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const sockets = await Promise.all(Array.from({ length: count }, (_, index) => hold(first + index)));
    for (const socket of sockets) socket?.close();
    if (sockets.every((socket) => socket !== undefined)) return first;
  }
}

function hold(port: number, address = '127.0.0.1'): Promise<Socket | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.bind({ port, address, exclusive: true }, () => resolve(socket));
  });
}

async function serve(width: number, more: Partial<TftpDeps> = {}) {
  const first = await freePorts(width);
  const last = first + width - 1;
  const service = new TftpService({
    settings: {
      tftp: {
        enabled: true,
        port_range: `${first}-${last}`,
        max_block_size: 1428,
        max_window_size: 16,
        single_port: false,
        ignore_case: true,
      },
    },
    files: new BootFiles([folder], { clock }),
    generated: (name, address) => (name === 'default.ipxe' ? SCRIPT.replace('SERVER', address) : undefined),
    recorder: { record: (decision) => records.push(decision) },
    clock,
    addresses: () => ['127.0.0.1'],
    port: 0,
    ...more,
  });
  return { service, first, last };
}

const noFailure = (): void => {
  throw new Error('the service failed');
};

async function started(width = 2, more: Partial<TftpDeps> = {}) {
  const { service, first, last } = await serve(width, more);
  await service.start(noFailure);
  // Nothing is left to drain in most tests; where there is, the virtual clock must not be waited for.
  cleanup.push(async () => {
    const stopping = service.stop();
    await clock.advance(10_000);
    await stopping;
  });
  const [server] = service.listening;
  if (!server) throw new Error('the service does not listen');
  const probe = async (address?: string): Promise<Probe> => {
    const opened = await Probe.open(server, address);
    cleanup.push(() => opened.close());
    return opened;
  };
  return { service, server, first, last, probe };
}

const recorded = async (count: number): Promise<Decision[]> => {
  await expect.poll(() => records.length).toBe(count);
  return records;
};

describe('TftpService', () => {
  it('sends a file from a port of the range, and records it once', async () => {
    const { probe, first, last } = await started();
    const client = await probe();
    await client.read('/boot.efi', [{ name: 'BLKSIZE', value: '9000' }]);
    const { packet, from } = await client.hear();
    expect(packet).toEqual({ kind: 'oack', options: [{ name: 'BLKSIZE', value: '1428' }] });
    expect(from.port).toBeGreaterThanOrEqual(first);
    expect(from.port).toBeLessThanOrEqual(last);
    await client.say({ kind: 'ack', block: 0 }, from.port);
    const parts: Buffer[] = [];
    for (let block = 1; block <= 4; block++) {
      const heard = await client.hear();
      if (heard.packet.kind === 'data') parts.push(heard.packet.data);
      await client.say({ kind: 'ack', block }, from.port);
    }
    expect(Buffer.concat(parts).equals(CONTENT)).toBe(true);
    expect(await recorded(1)).toEqual([
      {
        service: 'tftp',
        event: 'file-sent',
        outcome: 'answered',
        who: { ip: '127.0.0.1' },
        reasons: [],
        facts: {
          file: 'boot.efi',
          size: 5000,
          bytes: 5000,
          ms: 0,
          retransmissions: 0,
          blksize: 1428,
          outcome: 'complete',
          options: 'BLKSIZE=1428',
        },
      },
    ]);
  });

  it.each(['/boot.efi', '\\boot.efi', '//boot.efi', 'tftp://127.0.0.1/boot.efi', 'boot.efi\xff'])(
    'knows %s',
    async (name) => {
      const { probe } = await started();
      expect((await (await probe()).fetch(name)).equals(CONTENT)).toBe(true);
    },
  );

  it('sends what is made on the fly, for the address that was asked', async () => {
    const { probe } = await started();
    const client = await probe();
    expect((await client.fetch('/default.ipxe')).toString()).toBe('#!ipxe\nchain http://127.0.0.1/\n');
    const asText = await probe();
    expect((await asText.fetch('text', [], 'netascii')).toString()).toBe('a\r\nb\r\n');
  });

  it('answers from the address that was asked', async () => {
    const { service } = await started(1, { addresses: () => ['127.0.0.1', '127.0.0.2'] });
    for (const server of service.listening) {
      const client = await Probe.open(server);
      await client.read('default.ipxe');
      expect((await client.hear()).from.address).toBe(server.address);
      client.close();
    }
  });

  it('serves firmware that asks for the size, aborts, and asks again from the same port', async () => {
    const { probe } = await started();
    const client = await probe();
    await client.read('boot.efi', [{ name: 'tsize', value: '0' }]);
    const { packet, from } = await client.hear();
    expect(packet).toEqual({ kind: 'oack', options: [{ name: 'tsize', value: '5000' }] });
    await client.say({ kind: 'error', code: 8, message: 'User aborted the transfer' }, from.port);
    expect((await client.fetch('boot.efi', [{ name: 'blksize', value: '1024' }])).equals(CONTENT)).toBe(true);
    expect((await recorded(2)).map(({ event, outcome }) => [event, outcome])).toEqual([
      ['file-size-asked', 'answered'],
      ['file-sent', 'answered'],
    ]);
  });

  it.each([
    [
      'a missing file',
      'boot.eif',
      'octet',
      'error 1: file not found',
      ['boot.eif is not among the boot files', 'the nearest name is boot.efi'],
    ],
    [
      'a link out of the folder',
      'link',
      'octet',
      'error 2: access violation',
      ['link is a link out of the served folder'],
    ],
    [
      'a climbing name',
      '../etc/passwd',
      'octet',
      'error 2: access violation',
      ['the name climbs out of its folder (..)'],
    ],
    [
      'the mode mail',
      'boot.efi',
      'mail',
      'error 4',
      ['the mode mail is not served (RFC 1350 calls it obsolete)'],
    ],
  ])('refuses %s', async (_, file, mode, error, reasons) => {
    const { probe } = await started();
    await expect((await probe()).fetch(file, [], mode)).rejects.toThrow(error);
    expect(await recorded(1)).toMatchObject([{ event: 'file-refused', outcome: 'refused', reasons }]);
  });

  it('refuses to be written to', async () => {
    const { probe } = await started();
    const client = await probe();
    await client.say({ kind: 'write', file: 'new', mode: 'octet', options: [] });
    expect((await client.hear()).packet).toEqual({ kind: 'error', code: 2, message: 'read only' });
    expect(await recorded(1)).toMatchObject([
      { event: 'write-refused', outcome: 'refused', facts: { file: 'new' } },
    ]);
  });

  it('answers malformed requests with ERROR 4, and other rubbish not at all', async () => {
    const { probe } = await started();
    const client = await probe();
    await client.send(Buffer.from('\0\x01no end'));
    expect((await client.hear()).packet).toMatchObject({ kind: 'error', code: 4 });
    for (const rubbish of ['', 'x', '\0\x09', '\0\x05\0\x05stranger\0'])
      await client.send(Buffer.from(rubbish));
    expect((await recorded(5)).map(({ outcome }) => outcome)).toEqual([
      'refused',
      'ignored',
      'ignored',
      'ignored',
      'ignored',
    ]);
    expect(records.every(({ event }) => event === 'malformed')).toBe(true);
    expect(client.unread).toBe(0);
  });

  it('tells a stranger so, and goes on with the transfer', async () => {
    const { probe } = await started(1);
    const [client, stranger] = [await probe(), await probe()];
    await client.read('boot.efi');
    const { from } = await client.hear();
    await stranger.say({ kind: 'ack', block: 1 }, from.port);
    expect((await stranger.hear()).packet).toEqual({ kind: 'error', code: 5, message: 'unknown transfer' });
    await stranger.say({ kind: 'error', code: 0, message: 'stop it' }, from.port);
    await client.send(Buffer.from('rubbish'), from.port);
    await client.say({ kind: 'ack', block: 1 }, from.port);
    expect((await client.hear()).packet).toMatchObject({ kind: 'data', block: 2 });
  });

  it('does not take the late ACK of an ended transfer for a stranger', async () => {
    const { probe } = await started(1);
    const client = await probe();
    await client.read('text');
    const { from } = await client.hear();
    await client.say({ kind: 'ack', block: 1 }, from.port);
    await recorded(1);
    await client.say({ kind: 'ack', block: 1 }, from.port);
    await client.read('nothing');
    expect((await client.hear()).packet).toMatchObject({ kind: 'error', code: 1 });
    expect(await recorded(2)).toHaveLength(2);
  });

  it('bears a client that acknowledges an ERROR, as tftp-hpa does', async () => {
    const { probe, server } = await started();
    const client = await probe();
    await client.read('nothing');
    expect((await client.hear()).packet).toMatchObject({ kind: 'error', code: 1 });
    await client.say({ kind: 'ack', block: 1 }, server.port);
    expect((await client.fetch('text')).toString()).toBe('a\nb\n');
    expect((await recorded(2)).map(({ event }) => event)).toEqual(['file-refused', 'file-sent']);
  });

  it('starts one transfer for a request that comes twice', async () => {
    const { service, probe } = await started();
    const client = await probe();
    for (let copy = 0; copy < 5; copy++) await client.read('boot.efi');
    const { from } = await client.hear();
    await client.say({ kind: 'ack', block: 1 }, from.port);
    await expect.poll(() => service.health().detail).toContain(', 1 transfer');
  });

  it('starts again for a client that starts again', async () => {
    const { probe } = await started();
    const client = await probe();
    await client.read('boot.efi');
    const { from } = await client.hear();
    await client.say({ kind: 'ack', block: 1 }, from.port);
    await client.hear();
    await client.read('text');
    expect((await client.hear()).packet).toMatchObject({
      kind: 'data',
      block: 1,
      data: Buffer.from('a\nb\n'),
    });
    expect(await recorded(1)).toMatchObject([
      { event: 'file-sent', facts: { outcome: 'restarted-by-client' } },
    ]);
  });

  it('serves many clients from one port', async () => {
    const { probe } = await started(1);
    const clients = await Promise.all(Array.from({ length: 100 }, () => probe()));
    const fetched = await Promise.all(clients.map((client) => client.fetch('boot.efi')));
    expect(fetched.every((bytes) => bytes.equals(CONTENT))).toBe(true);
    expect(await recorded(100)).toHaveLength(100);
  });

  it('serves requests and files from one and the same port', async () => {
    const port = await freePorts(1);
    const { probe } = await started(1, {
      port,
      settings: {
        tftp: {
          enabled: true,
          port_range: String(port),
          max_block_size: 1428,
          max_window_size: 16,
          single_port: false,
          ignore_case: true,
        },
      },
    });
    const clients = await Promise.all(Array.from({ length: 20 }, () => probe()));
    const fetched = await Promise.all(clients.map((client) => client.fetch('boot.efi')));
    expect(fetched.every((bytes) => bytes.equals(CONTENT))).toBe(true);
  });

  it('names the firewall when no ACK arrives, after a few tries', async () => {
    const { probe, first, last } = await started();
    const client = await probe();
    await client.read('boot.efi');
    await client.hear();
    await clock.advance(30_000);
    expect(await recorded(1)).toMatchObject([
      {
        event: 'file-stalled',
        outcome: 'failed',
        reasons: [`the client's ACKs do not reach ports ${first}-${last}: firewall or missing TFTP helper`],
        facts: { outcome: 'stalled', retransmissions: 4, bytes: 0 },
      },
    ]);
  });

  it('lives through rubbish of every kind', async () => {
    const { probe } = await started(1);
    const client = await probe();
    let seed = 1;
    const random = (): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed >>> 8;
    };
    for (let count = 0; count < 2000; count++) {
      const bytes = Buffer.from(Array.from({ length: random() % 60 }, () => random() & 0xff));
      if (bytes.length > 1 && random() % 2) bytes.writeUInt16BE(random() % 8, 0);
      await client.send(bytes);
    }
    const other = await probe();
    expect((await other.fetch('boot.efi')).equals(CONTENT)).toBe(true);
  });

  it('follows the addresses of the machine', async () => {
    let addresses = ['127.0.0.1'];
    const { service } = await started(1, { addresses: () => addresses });
    addresses = ['127.0.0.2', '10.255.255.254'];
    await clock.advance(5_000);
    await expect.poll(() => service.listening.map(({ address }) => address)).toEqual(['127.0.0.2']);
    addresses = [];
    await clock.advance(5_000);
    await expect
      .poll(() => service.health())
      .toMatchObject({ state: 'degraded', detail: expect.stringMatching(/no address yet/) });
  });

  it('lets a running transfer finish before it stops', async () => {
    const { service, server } = await started();
    const client = await Probe.open(server);
    await client.read('boot.efi');
    const { from } = await client.hear();
    const stopping = service.stop();
    const late = await Probe.open(server);
    await late.read('boot.efi');
    for (let block = 1; block <= 10; block++) {
      await client.say({ kind: 'ack', block }, from.port);
      if (block < 10) expect((await client.hear()).packet).toMatchObject({ kind: 'data', block: block + 1 });
    }
    const tooLate = { event: 'file-refused', outcome: 'ignored', reasons: ['this server is being stopped'] };
    expect(await recorded(2)).toMatchObject([tooLate, { facts: { outcome: 'complete' } }]);
    await clock.advance(100);
    await stopping;
    expect([service.listening.length, late.unread]).toEqual([0, 0]);
    client.close();
    late.close();
  });

  it('tells a client that is too slow for the stop', async () => {
    const { service, server } = await started();
    const client = await Probe.open(server);
    await client.read('boot.efi');
    const { from } = await client.hear();
    await client.say({ kind: 'ack', block: 1 }, from.port);
    await client.hear();
    const stopping = service.stop();
    await clock.advance(5_100);
    await stopping;
    let last = await client.hear();
    while (client.unread > 0) last = await client.hear();
    expect(last.packet).toMatchObject({ kind: 'error', message: 'this server is being stopped' });
    expect(records).toMatchObject([{ event: 'file-stalled', facts: { outcome: 'stopped' } }]);
    client.close();
  });

  it('can be started again after a stop', async () => {
    const { service, server } = await started(1, { port: await freePorts(1) });
    await service.stop();
    await service.start(noFailure);
    const client = await Probe.open(server);
    expect((await client.fetch('boot.efi')).equals(CONTENT)).toBe(true);
    client.close();
  });

  it('says who holds its port', async () => {
    const blocker = createSocket('udp4');
    blocker.bind(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address();
    const { service } = await serve(1, { port, portHolder: async () => 'in.tftpd (pid 812)' });
    await expect(service.start(noFailure)).rejects.toMatchObject({
      code: 'TFTP_PORT_TAKEN',
      message: `port ${port}/udp on 127.0.0.1 is held by in.tftpd (pid 812)`,
    });
    expect(service.listening).toEqual([]);
    await service.stop();
    blocker.close();
    await once(blocker, 'close');
    await service.start(noFailure);
    expect(service.health().state).toBe('ok');
    await service.stop();
  });

  it('works with what is left of its range, says so, and takes the rest when it is free', async () => {
    const { service, first, last } = await serve(3);
    const blocker = await hold(first + 1);
    await service.start(noFailure);
    expect(service.health()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining(
        '1 of 3 ports of the range could not be opened on 127.0.0.1 (EADDRINUSE)',
      ),
    });
    blocker?.close();
    await clock.advance(5_000);
    await expect.poll(() => service.health().state).toBe('ok');
    expect(service.health().detail).toContain(`files from ${first}-${last}/udp`);
    await service.stop();
  });

  it('fails when no port of the range is free', async () => {
    const { service, first } = await serve(1);
    const blocker = await hold(first);
    await expect(service.start(noFailure)).rejects.toMatchObject({ code: 'TFTP_RANGE_TAKEN' });
    await service.stop();
    blocker?.close();
  });

  it('is off when the settings say so', async () => {
    const { service } = await serve(1, {
      settings: {
        tftp: {
          enabled: false,
          port_range: '1',
          max_block_size: 1428,
          max_window_size: 16,
          single_port: false,
          ignore_case: true,
        },
      },
    });
    await service.start(noFailure);
    expect([service.health().state, service.listening]).toEqual(['off', []]);
    await service.stop();
  });
});
