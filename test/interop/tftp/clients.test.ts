import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#daemon/clock.js';
import { BootFiles } from '#files/boot-files.js';
import { TftpService } from '#services/tftp/service.js';
import type { Decision } from '#trace/decision.js';
import {
  type ClientName,
  noteMatrix,
  ROLL_OVER,
  type Row,
  SIZE_NAMES,
  SIZES,
  type Size,
} from '../../lab/tftp-matrix.js';
import { atftpWindow, busybox, CLIENTS, curl, tftpHpa } from './clients.js';

const folder = mkdtempSync(join(tmpdir(), 'fogd-tftp-clients-'));
const records: Decision[] = [];
let service: TftpService;
let port: number;

/** Sockets of the range are few on purpose: all clients share them. */
async function startService(): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    // Half of those below what the kernel hands out; the other half is that of the npm package's tests.
    const first = 20_000 + Math.floor(Math.random() * 4_990);
    service = new TftpService({
      settings: {
        tftp: {
          enabled: true,
          port_range: `${first}-${first + 3}`,
          max_block_size: 1428,
          max_window_size: 16,
          single_port: false,
          ignore_case: true,
        },
      },
      files: new BootFiles([join(folder, 'served')]),
      generated: (name, address) => (name === 'default.ipxe' ? `#!ipxe\necho ${address}\n` : undefined),
      recorder: { record: (decision) => records.push(decision) },
      clock: systemClock,
      addresses: () => ['127.0.0.1', '::1'],
      port: 0,
    });
    try {
      await service.start(() => undefined);
      break;
    } catch (error) {
      if (attempt > 5) throw error;
    }
  }
  port = service.listening[0]?.port ?? 0;
}

beforeAll(async () => {
  mkdirSync(join(folder, 'served'));
  makeFile(100_000);
  await startService();
});
const rows: Partial<Record<ClientName, Row>> = {};
afterAll(async () => {
  noteMatrix('clients', rows);
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

let copies = 0;

function makeFile(size: number): string {
  const name = `size-${size}`;
  const path = join(folder, 'served', name);
  if (!existsSync(path)) writeFileSync(path, randomBytes(size));
  return name;
}

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** The record of a transfer; some clients are done before we have their last ACK. */
async function sentOf(file: string): Promise<Decision['facts']> {
  const find = () =>
    records.filter(({ event, facts }) => event === 'file-sent' && facts?.file === file).at(-1)?.facts;
  await expect.poll(find).toBeDefined();
  return find();
}

describe.each(CLIENTS)('$name', (client) => {
  const fetch = async (remote: string, blockSize: number): Promise<string> => {
    const local = join(folder, `copy-${++copies}`);
    await client.fetch({ host: '127.0.0.1', port, remote, local, blockSize });
    return local;
  };
  const least = client.leastBlockSize;
  const block = Math.max(least, 512) === least ? least : 1428;
  const cells: Partial<Record<Size, string>> = {};
  afterAll(async () => {
    const blk = block === least ? String(block) : `${block}, ${least}`;
    rows[client.name] = { version: await client.version(), blk, cells };
  });

  it.each(SIZE_NAMES.filter((size) => !ROLL_OVER.includes(size)))(
    'fetches a file of this size: %s',
    async (size) => {
      const bytes = SIZES[size](block);
      const remote = makeFile(bytes);
      expect(digest(await fetch(remote, block))).toBe(digest(join(folder, 'served', remote)));
      expect(await sentOf(remote)).toMatchObject({ outcome: 'complete', bytes, blksize: block });
      cells[size] = 'same';
    },
  );

  // Past the 65535th block the number on the wire starts again.
  it('fetches files past the end of the block numbers', async () => {
    await Promise.all(
      ROLL_OVER.map(async (size) => {
        const remote = makeFile(SIZES[size](least));
        expect(digest(await fetch(remote, least))).toBe(digest(join(folder, 'served', remote)));
        cells[size] = client.rollOverLimit ?? 'same';
      }),
    );
  });

  it('is told of a missing file', async () => {
    // Not by its own words: curl and BusyBox put it each in their way, one of them as a failed getpeername().
    const before = records.length;
    await expect(fetch('no-such-file', block)).rejects.toThrow();
    await expect
      .poll(() => records.slice(before).map(({ event, facts }) => [event, facts?.file]))
      .toContainEqual(['file-refused', 'no-such-file']);
  });

  it('fetches a generated file', async () => {
    expect(readFileSync(await fetch('default.ipxe', block), 'utf8')).toBe('#!ipxe\necho 127.0.0.1\n');
  });
});

describe('IPv6', () => {
  it.each([curl, atftpWindow])(
    '$name fetches a file, and a generated one for its address',
    async (client) => {
      const [, local6] = service.listening;
      const host = client === curl ? '[::1]' : '::1';
      const job = { host, port: local6?.port ?? 0, blockSize: 1428 };
      const local = join(folder, `copy-${++copies}`);
      await client.fetch({ ...job, remote: makeFile(100_001), local });
      expect(digest(local)).toBe(digest(join(folder, 'served', 'size-100001')));
      await client.fetch({ ...job, remote: 'default.ipxe', local });
      expect(readFileSync(local, 'utf8')).toBe('#!ipxe\necho ::1\n');
    },
  );
});

it('a client that knows no small letters finds its file', async () => {
  const local = join(folder, `copy-${++copies}`);
  await tftpHpa.fetch({
    host: '127.0.0.1',
    port,
    remote: 'SIZE-100000',
    local,
    blockSize: 512,
  });
  expect(digest(local)).toBe(digest(join(folder, 'served', 'size-100000')));
});

describe('windows', () => {
  it('atftp has all that it asked for', async () => {
    await atftpWindow.fetch({
      ...{ host: '127.0.0.1', port, remote: makeFile(100_002), blockSize: 1428 },
      local: join(folder, `copy-${++copies}`),
    });
    expect((await sentOf('size-100002'))?.options).toBe('blksize=1428 windowsize=16');
  });
});

describe('all at once', () => {
  it('forty transfers of three kinds of client share four ports', async () => {
    const remote = makeFile(1_000_000);
    const wanted = digest(join(folder, 'served', remote));
    const jobs = Array.from({ length: 40 }, async (_, index) => {
      const client = [tftpHpa, curl, busybox][index % 3] ?? curl;
      const local = join(folder, `many-${index}`);
      await client.fetch({ host: '127.0.0.1', port, remote, local, blockSize: 1428 });
      return digest(local);
    });
    expect(new Set(await Promise.all(jobs))).toEqual(new Set([wanted]));
  });
});
