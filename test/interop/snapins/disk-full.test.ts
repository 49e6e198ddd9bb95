import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork } from '../../lab/network.js';
import { command } from '../../lab/process.js';

/**
 * Disks that are really full: small file systems in memory, mounted in the mount namespace of fogd alone, so that they vanish with it. The
 * test reaches them through /proc/PID/root.
 */

const MIB = 1_048_576;
/** More than what fogd wants to see free at the beginning of an upload. */
const SNAPINS_MIB = 112;
const BOOT_MIB = 4;

/** Mounts on its first two arguments, then becomes the rest. `ip netns exec` has made the mounts private already. */
const MOUNT = `mount -t tmpfs -o size=${SNAPINS_MIB}m,mode=700 tmpfs "$0" && mount -t tmpfs -o size=${BOOT_MIB}m tmpfs "$1" && shift && exec "$@"`;

let network: LabNetwork;
let fogd: FogdUnderTest;
let folder: string;

beforeAll(async () => {
  network = await LabNetwork.create();
  folder = join(network.folder, 'full');
  const state = join(network.folder, 'state-srv');
  const places = ['snapins', 'boot'].map((name) => join(state, name));
  for (const place of [folder, ...places]) mkdirSync(place, { recursive: true, mode: 0o700 });
  fogd = await FogdUnderTest.start({
    network,
    folder,
    settings: { nfs: { enabled: false }, https: { enabled: false } },
    through: ['sh', '-c', MOUNT, ...places],
  });
});
afterAll(() => network.close());

/** As fogd sees it. */
const inside = (...path: string[]) => join('/proc', String(fogd.pid), 'root', fogd.state, ...path);

/** Takes all that is left, and gives what frees it again. */
function fill(place: string): () => void {
  const ballast = inside(place, 'ballast');
  const file = openSync(ballast, 'w');
  for (let size = MIB; size >= 1; size = size === MIB ? 4_096 : 0)
    try {
      for (;;) if (writeSync(file, Buffer.alloc(size)) === 0) break;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  closeSync(file);
  return () => rmSync(ballast);
}

interface Sending {
  readonly call: ClientRequest;
  readonly answer: Promise<{ readonly status: number | undefined; readonly body: unknown }>;
}

/** An upload whose length nobody told. */
function upload(method: 'POST' | 'PUT', path: string): Sending {
  const call = request({
    socketPath: join(fogd.state, 'fogd.sock'),
    method,
    path: `/api/v1${path}`,
    headers: { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' },
  });
  const answer = new Promise<Awaited<Sending['answer']>>((resolve, reject) => {
    call.on('error', reject);
    call.on('response', (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
  });
  return { call, answer };
}

const full = {
  status: 507,
  body: { title: 'SNAPINS_DISK_FULL', detail: expect.stringContaining('is full') },
};
const content = randomBytes(8 * MIB);

describe('a disk that fills up in the middle of the upload of a snapin', () => {
  it('refuses it by name, keeps nothing of it, and takes it when there is room', async () => {
    const { call, answer } = upload('POST', '/snapins?name=Office&file=office.msi');
    call.write(content.subarray(0, MIB));
    await expect.poll(() => readdirSync(inside('snapins'))).toHaveLength(1);
    const free = fill('snapins');
    call.end(content.subarray(MIB));
    expect(await answer).toMatchObject(full);
    expect(readdirSync(inside('snapins'))).toEqual(['ballast']);
    expect(await fogd.cli('snapin', 'list')).not.toContain('Office');
    free();
    const again = upload('POST', '/snapins?name=Office&file=office.msi');
    again.call.end(content);
    expect(await again.answer).toMatchObject({ status: 201, body: { name: 'Office', size: content.length } });
    expect(await fogd.cli('snapin', 'verify')).toMatch(/Office +ok/);
  });

  it('keeps the file that another was to replace', async () => {
    const before = readdirSync(inside('snapins'));
    const { call, answer } = upload('PUT', '/snapins/Office/file');
    call.write(content.subarray(0, MIB));
    await expect.poll(() => readdirSync(inside('snapins'))).toHaveLength(before.length + 1);
    const free = fill('snapins');
    call.end(content);
    expect(await answer).toMatchObject(full);
    free();
    expect(readdirSync(inside('snapins'))).toEqual(before);
    expect(await fogd.cli('snapin', 'verify')).toMatch(/Office +ok/);
  });
});

describe('a disk without room for a boot file', () => {
  it.each(['bzImage', 'client/SmartInstaller.exe'])(
    'refuses %s by name, keeps nothing, and takes it when there is room',
    async (name) => {
      const file = join(folder, 'taken');
      writeFileSync(file, content.subarray(0, MIB));
      const add = () =>
        command([
          ...[process.execPath, FogdUnderTest.program, 'bootfile', 'add', file, '--name', name],
          ...['--as', '0.13.0', '--state', fogd.state],
        ]);
      const before = readdirSync(inside('boot'), { recursive: true });
      const free = fill('boot');
      const refused = await add();
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('the disk of the boot files in');
      free();
      expect(readdirSync(inside('boot'), { recursive: true })).toEqual(before);
      expect((await add()).code).toBe(0);
      expect(readdirSync(inside('boot'), { recursive: true })).toContain(`${name}@0.13.0`);
    },
  );
});
