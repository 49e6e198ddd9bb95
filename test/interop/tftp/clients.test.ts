import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#daemon/clock.js';
import { BootFiles } from '#files/boot-files.js';
import { TftpService } from '#services/tftp/service.js';
import type { Decision } from '#trace/decision.js';
import { busybox, CLIENTS, curl, tftpHpa } from './clients.js';

const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'fogd-tftp-clients-'));
const records: Decision[] = [];
let service: TftpService;
let port: number;

/** Sockets of the range are few on purpose: all clients share them. */
async function startService(): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    service = new TftpService({
      settings: { tftp: { enabled: true, port_range: `${first}-${first + 3}`, max_block_size: 1428 } },
      files: new BootFiles([join(folder, 'served')]),
      generated: (name, address) => (name === 'default.ipxe' ? `#!ipxe\necho ${address}\n` : undefined),
      recorder: { record: (decision) => records.push(decision) },
      clock: systemClock,
      addresses: () => ['127.0.0.1'],
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
  await startService();
});
afterAll(async () => {
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

const lastSent = () => records.filter(({ event }) => event === 'file-sent').at(-1);

describe.each(CLIENTS)('$name', (client) => {
  const fetch = async (remote: string, blockSize: number): Promise<string> => {
    const local = join(folder, `copy-${++copies}`);
    await client.fetch({ host: '127.0.0.1', port, remote, local, blockSize });
    return local;
  };
  const block = client.blockSizes === 512 ? 512 : 1428;
  // Past the 65535th block the number on the wire starts again: with small blocks that is a small file.
  const small = client.blockSizes === 512 ? 512 : 8;

  it.each([0, 1, block - 1, block, block + 1, 100_000])('fetches %i bytes', async (size) => {
    const local = await fetch(makeFile(size), block);
    expect(digest(local)).toBe(digest(join(folder, 'served', `size-${size}`)));
    await expect.poll(() => lastSent()?.facts?.outcome).toBe('complete');
    expect(lastSent()?.facts).toMatchObject({ file: `size-${size}`, bytes: size, blksize: block, retransmissions: 0 });
  });

  it.each([65535 * small - 1, 65535 * small, 65535 * small + 1])(
    `fetches %i bytes in blocks of ${small}, past block 65535`,
    async (size) => {
      const local = await fetch(makeFile(size), small);
      expect(digest(local)).toBe(digest(join(folder, 'served', `size-${size}`)));
    },
    20_000,
  );

  it('fetches 40 MB', async () => {
    const local = await fetch(makeFile(40 * MIB), block);
    expect(digest(local)).toBe(digest(join(folder, 'served', `size-${40 * MIB}`)));
  }, 20_000);

  it('is told of a missing file', async () => {
    await expect(fetch('no-such-file', block)).rejects.toThrow(/not found|no such file/i);
  });

  it('fetches a generated file', async () => {
    expect(readFileSync(await fetch('default.ipxe', block), 'utf8')).toBe('#!ipxe\necho 127.0.0.1\n');
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
