import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '#store/migrate.js';
import { migrations } from '#store/migrations/index.js';
import { FogdUnderTest } from '../../lab/fogd.js';
import { udhcpcOnce } from '../../lab/foreign-programs.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { command, LabProcess, mustRun } from '../../lab/process.js';
import { backUp, hostsOf, makeState, openStore, removeTemporaryFolders } from '../../unit/backup/state.js';
import { makeFogImages } from '../../unit/services/http/filled-world.js';

/**
 * The disk of the state folder has no room: once for no byte, then for no file more. Every change that the API offers is asked for, and the
 * machines ask; what fogd says is in the catalogue, and what it has is whole.
 */

let network: LabNetwork;
let fogd: FogdUnderTest;
let disk: string;

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
  await network.addHost('old');
  await network.addHost('new');
  disk = join(network.folder, 'state-srv');
  mkdirSync(disk);
  await mustRun(['mount', '-t', 'tmpfs', '-o', 'size=200m,mode=700', 'fogd-test', disk]);
  network.cleanup.defer(`mount ${disk}`, async () => {
    await mustRun(['umount', '-l', disk]);
  });
  const folder = join(network.folder, 'fogd');
  mkdirSync(folder);
  const dhcp = {
    mode: 'server',
    interfaces: ['eth0'],
    probe: false,
    subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'] }],
  };
  fogd = await FogdUnderTest.start({ network, folder, settings: { dhcp, images: { reserve_mib: 0 } } });
});
afterEach(removeTemporaryFolders);
afterAll(() => network.close());

interface Answer {
  readonly status: number;
  readonly body: { readonly title?: string; readonly detail?: string; readonly items?: readonly object[] };
}

function call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const headers = payload === undefined ? {} : { 'content-type': type };
  return new Promise((resolve, reject) => {
    const socketPath = join(disk, 'fogd.sock');
    const asked = request({ socketPath, method, path: `/api/v1${path}`, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }),
      );
    });
    asked.on('error', reject);
    asked.end(payload);
  });
}

const from = (role: string, ...argv: string[]) => command(argv, { namespace: network.host(role).namespace });
const curl = (...args: string[]) => from('pc', 'curl', '-sS', '--max-time', '20', ...args);
const register = async (mac: string) => {
  const data = `mac=${Buffer.from(`${mac}\n`).toString('base64')}`;
  return (await curl('--data', data, `http://${SERVER_IPV4}/fog/service/auto.register.php`)).stdout;
};

/** What a DHCP client was told: `bound 10.77.0.100`, `nak`, or nothing, which takes two seconds to be seen where it is expected. */
async function lease(role: string, isExpected = true): Promise<string> {
  const script = join(network.folder, 'udhcpc.script');
  writeFileSync(script, '#!/bin/sh\n[ "$1" = deconfig ] || echo "told $1 $ip"\n', { mode: 0o755 });
  const { stdout } = await from(role, ...udhcpcOnce(script, ...(isExpected ? [] : ['-t', '2'])));
  return /^told (?!leasefail)(.*)$/m.exec(stdout)?.[1]?.trim() ?? '';
}

/** Calls of the OpenAPI document that change something, as their examples say. */
interface Change {
  readonly name: string;
  readonly run: () => Promise<Answer>;
}

async function changes(): Promise<readonly Change[]> {
  type Parameter = { readonly name: string; readonly in: string; readonly example?: string };
  interface Operation {
    readonly parameters: readonly Parameter[];
    readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> };
  }
  const socket = ['--unix-socket', join(disk, 'fogd.sock'), 'http://fogd/api/openapi.json'];
  const document = JSON.parse(await mustRun(['curl', '-sS', ...socket])) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const found = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'get')
      .map(([method, { parameters, requestBody }]) => {
        const query = new URLSearchParams();
        let url = path.replace('/api/v1', '');
        for (const { name, in: place, example } of parameters) {
          if (example === undefined) continue;
          if (place === 'path') url = url.replace(`{${name}}`, encodeURIComponent(example));
          else query.set(name, String(example));
        }
        const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
        const isFile = type === 'application/octet-stream';
        const body = isFile ? 'a file' : replaced(content?.example);
        return {
          name: `${method.toUpperCase()} ${path.replace('/api/v1', '')}`,
          run: () => call(method.toUpperCase(), `${url}?${query}`, body, type),
        };
      }),
  );
  // Those that remove something come last: others speak of it.
  return found.sort((a, b) => Number(a.name.startsWith('DELETE')) - Number(b.name.startsWith('DELETE')));
}

/** Two examples name what only the caller has. */
const replaced = (example: unknown): unknown =>
  example === undefined
    ? undefined
    : (JSON.parse(
        JSON.stringify(example)
          .replace('/mnt/old-fog/images', fogImages)
          .replace('https://files.example/bzImage', join(network.folder, 'bzImage')),
      ) as unknown);

let fogImages = '';

/** One thing of each kind that the examples speak of. */
async function furnish(): Promise<void> {
  await expect
    .poll(async () => (await fogd.services()).find(({ name }) => name === 'certificates')?.state, {
      timeout: 150_000,
      interval: 500,
    })
    .toBe('running');
  fogImages = makeFogImages({ images: join(network.folder, 'images') });
  writeFileSync(join(network.folder, 'bzImage'), Buffer.alloc(100_000, 'k'));
  const source = join(network.folder, 'bzImage');
  const made: Array<[string, unknown, string?]> = [
    ['/hosts', { name: 'lab-pc-01', macs: ['00:11:22:33:44:55', '02:00:00:00:00:02'] }],
    ['/hosts', { name: 'lab-pc-02', macs: ['02:00:00:00:00:22'] }],
    ['/groups', { name: 'room-12' }],
    ['/groups/room-12/join', { hosts: ['lab-pc-01'] }],
    ['/images', { name: 'base', format: 3 }],
    ['/images', { name: 'empty' }],
    ['/menu', { name: 'netboot', description: 'netboot.xyz', script: 'chain http://x' }],
    ['/users', { name: 'ada', password: 'correct horse' }],
    ['/tokens', { name: 'monitoring', scopes: ['*:read'] }],
    ['/printers', { name: '\\\\print\\hall', type: 'network' }],
    ['/hosts/lab-pc-01/power', { action: 'reboot', cron: '30 6 * * *' }],
    ['/boot-files', { source, version: '6.12.0' }],
    ['/boot-files', { source, version: '6.12.1' }],
    ['/snapins?name=7-Zip&file=7z.msi&template=msi', 'MZ', 'application/octet-stream'],
    ['/tasks', { host: 'lab-pc-02', type: 'inventory' }],
  ];
  for (const [path, body, type] of made)
    expect([path, (await call('POST', path, body, type)).status]).toEqual([
      path,
      201 - (path.endsWith('join') ? 1 : 0),
    ]);
}

const catalogue = new Set<string>();

/** A refusal that a person can act on: an error of the catalogue, and none that says only that something went wrong. */
function explained({ status, body }: Answer, name: string): void {
  if (status < 400) return;
  expect([name, status, body.title], JSON.stringify(body)).not.toContain(500);
  expect([name, body.title]).toEqual([name, expect.stringMatching(/^[A-Z]+(_[A-Z]+)+$/)]);
  catalogue.add(body.title ?? '');
}

const names = async (path: string, field: string) =>
  ((await call('GET', `${path}?limit=1000`)).body.items ?? []).map(
    (item) => (item as Record<string, unknown>)[field],
  );
const stackTrace = /^\s+at .*:\d+:\d+/m;

/** The machines are still told what fogd has, and no address that it does not remember. */
async function machinesAreServed(address: string): Promise<void> {
  const loader = `http://${SERVER_IPV4}/fog/service/ipxe/bzImage`;
  expect((await curl('-o', '/dev/null', '-w', '%{http_code}', loader)).stdout).toBe('200');
  expect(
    (await curl('-o', '/dev/null', '-w', '%{size_download}', `tftp://${SERVER_IPV4}/bzImage`)).stdout,
  ).toBe('100000');
  const script = await curl(`http://${SERVER_IPV4}/fog/service/ipxe/boot.php?mac0=00:11:22:33:44:55`);
  expect(script.stdout).toContain('Host is registered as lab-pc-01!');
  const told = await lease('old', false);
  expect(['', `bound ${address}`]).toContain(told);
}

describe('a disk', () => {
  it('without room for a byte: nothing is acknowledged, nothing is damaged, and all works again after', async () => {
    await furnish();
    const address = (await lease('old')).replace('bound ', '');
    expect(address).toMatch(/^10\.77\.0\.1\d\d$/);
    const all = await changes();
    expect(all.length).toBeGreaterThan(40);
    const reader = new LabProcess(network.cleanup, {
      argv: [process.execPath, join(import.meta.dirname, 'log-holder.js'), join(disk, 'fogd.sqlite')],
      logFile: join(network.folder, 'log-holder.log'),
    });
    await reader.waitForOutput('held');
    const filler = join(disk, 'filler');
    await command(['dd', 'if=/dev/zero', `of=${filler}`, 'bs=64k']);
    await command(['dd', 'if=/dev/zero', `of=${join(disk, 'filler2')}`, 'bs=4k']);
    const taken: string[] = [];
    /** What the log has room for still goes through; then it is full. */
    const topUp = async () => {
      for (let n = 0; n < 300; n++) {
        const name = `filler-${taken.length}`;
        const { status, body } = await call('POST', '/groups', { name });
        if (status === 507) return expect(body.title).toBe('STORE_FULL');
        expect(status).toBe(201);
        taken.push(name);
      }
      throw new Error('the disk does not become full');
    };
    const before = { hosts: await names('/hosts', 'name'), images: await names('/images', 'name') };
    for (const { name, run } of all) {
      await topUp();
      const answer = await run();
      explained(answer, name);
      expect([name, answer.status >= 400]).toEqual([name, true]);
    }
    expect(catalogue).toContain('STORE_FULL');
    expect(await register('02:00:00:00:01:01')).toContain('the disk is full');
    // No lease that would be forgotten: silence.
    await topUp();
    expect(await lease('new', false)).toBe('');
    await machinesAreServed(address);
    expect({ hosts: await names('/hosts', 'name'), images: await names('/images', 'name') }).toEqual(before);
    const cli = await command([
      process.execPath,
      FogdUnderTest.program,
      ...['host', 'add', 'full', '02:00:00:00:01:02', '--state', disk],
    ]);
    expect(cli.stderr).toMatch(/^fogd: [^\n]*the disk is full[^\n]*\n$/);

    await reader.stop();
    rmSync(filler);
    rmSync(join(disk, 'filler2'));
    expect(await register('02:00:00:00:01:03')).toBe('Done');
    expect(await lease('new')).toMatch(/^bound 10\.77\.0\.1\d\d$/);
    expect(await lease('old')).toBe(`bound ${address}`);
    expect(
      (await names('/groups', 'name')).filter((name) => String(name).startsWith('filler-')),
    ).toHaveLength(taken.length);
    expect(fogd.log).not.toMatch(stackTrace);
  }, 600_000);

  it('without room for a file: what needs one is refused by name, the rest goes on', async () => {
    const { files, ffree } = statfsSync(disk);
    const capture = await call('POST', '/tasks', { host: 'lab-pc-01', type: 'capture', image: 'empty' });
    expect(capture.status).toBe(201);
    const inodes = (count: number) =>
      mustRun(['mount', '-o', `remount,size=200m,nr_inodes=${count}`, 'fogd-test', disk]);
    await inodes(files - ffree);
    try {
      expect(() => writeFileSync(join(disk, 'one'), '')).toThrow('ENOSPC');
      const told = new Map<string, string>();
      for (const { name, run } of await changes()) {
        const answer = await run();
        explained(answer, name);
        if (answer.status >= 400) told.set(name, answer.body.title ?? '');
        if (name === 'POST /images/import')
          expect(JSON.stringify(answer.body)).toContain('disk of the images');
      }
      expect(Object.fromEntries(told)).toMatchObject({
        'POST /boot-files': 'BOOT_FILES_DISK_FULL',
        'POST /snapins': 'SNAPINS_DISK_FULL',
        'PATCH /hosts/{key}/client/settings': 'DISK_FULL',
        'POST /pki/offline': 'DISK_FULL',
      });
      const script = await curl(`http://${SERVER_IPV4}/fog/service/ipxe/boot.php?mac0=00:11:22:33:44:55`);
      const web = / web=(\S+)/.exec(script.stdout)?.[1] ?? '';
      // FOS takes no other answer than 200, and is told at its check-in.
      expect((await curl('-I', `${web}/index.php`)).stdout).toContain('200 OK');
      expect(fogd.log).toMatch(/"session-opened","outcome":"failed".*the disk of the images/);
      // What the changes gave back would be enough for it.
      expect(() => {
        for (let n = 0; ; n++) writeFileSync(join(disk, `taken-${n}`), '');
      }).toThrow('ENOSPC');
      const full = join(disk, 'backup.tar');
      const backup = await command([
        process.execPath,
        FogdUnderTest.program,
        'backup',
        full,
        '--state',
        disk,
      ]);
      expect(backup.stderr).toMatch(/^fogd: [^\n]*disk of [^\n]* is full[^\n]*\n$/);
    } finally {
      await inodes(files);
    }
    for (const name of readdirSync(disk)) if (name.startsWith('taken-')) rmSync(join(disk, name));
    expect(fogd.log).not.toMatch(stackTrace);
    expect(fogd.log).not.toContain('this is a fault of fogd');
    expect((await call('POST', '/pki/offline')).status).toBe(200);
  }, 600_000);

  it('leaves a store that is whole', async () => {
    await fogd.stop();
    const { stdout } = await command([process.execPath, FogdUnderTest.program, 'verify', '--state', disk]);
    expect(stdout).toBe(`${disk}: OK\n`);
    expect(
      readdirSync(disk, { recursive: true }).filter((name) => /incoming|\.new$/.test(String(name))),
    ).toEqual([]);
  });

  /** Nothing on the disk but `left` bytes of room. */
  async function fill(left: number): Promise<void> {
    writeFileSync(join(disk, 'spare'), Buffer.alloc(left));
    await command(['dd', 'if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=64k']);
    await command(['dd', 'if=/dev/zero', `of=${join(disk, 'filler2')}`, 'bs=4k']);
    rmSync(join(disk, 'spare'));
  }
  const clear = () => {
    for (const gone of readdirSync(disk)) rmSync(join(disk, gone), { recursive: true });
  };
  const oneLine = { code: 1, stderr: expect.stringMatching(/^fogd: [^\n]*full[^\n]*\n$/) as string };

  it('that has a few files left: a backup calls it full (it called the store damaged), until there are enough', async () => {
    clear();
    const state = join(disk, 's');
    mkdirSync(state, { mode: 0o700 });
    await makeState('pc', state);
    const run = (...args: string[]) =>
      command([process.execPath, FogdUnderTest.program, ...args, '--state', state]);
    const archive = join(disk, 'b.tar');
    const serve = [process.execPath, FogdUnderTest.program, 'serve', '--state', state];
    const { files, ffree } = statfsSync(disk);
    const size = (count: number) =>
      mustRun(['mount', '-o', `remount,size=200m,nr_inodes=${count}`, 'fogd-test', disk]);
    let left = 0;
    try {
      for (;;) {
        await size(files - ffree + left);
        const answer = await run('backup', archive);
        if (answer.code === 0) break;
        expect([left, answer]).toEqual([left, expect.objectContaining(oneLine)]);
        // SQLite needs two files to open the store, and there is the lock.
        if (left < 3) {
          expect(await from('srv', ...serve)).toMatchObject(oneLine);
          const verdict = await run('verify');
          expect([verdict.code, verdict.stdout + verdict.stderr]).toEqual([
            1,
            expect.stringMatching(/disk (of \S+ )?is full/),
          ]);
        }
        left++;
      }
    } finally {
      await size(files);
    }
    // The lock, the folder of the copies, log and index of the store, the copy, its journal.
    expect(left).toBe(6);
    expect(await run('verify', archive)).toMatchObject({ code: 0 });
  });

  it('a restore that finds no room leaves nothing behind, and works when there is room', async () => {
    clear();
    const archive = await backUp(await makeState('pc'));
    await fill(64 * 1024);
    const restore = () =>
      command([process.execPath, FogdUnderTest.program, 'restore', archive, '--state', join(disk, 's')]);
    expect(await restore()).toMatchObject(oneLine);
    expect(readdirSync(join(disk, 's'))).toEqual(['lock']);
    rmSync(join(disk, 'filler'));
    expect(await restore()).toMatchObject({ code: 0 });
    expect(hostsOf(join(disk, 's'))).toEqual(['pc0']);
  });

  it('a store of an earlier fogd that finds no room to be migrated stays as it was', async () => {
    clear();
    const state = join(disk, 's');
    mkdirSync(state, { mode: 0o700 });
    const file = join(state, 'fogd.sqlite');
    const old = new Database(file);
    migrate(old, migrations.slice(0, 1));
    old.close();
    await fill(64 * 1024);
    const argv = [process.execPath, FogdUnderTest.program, 'serve', '--state', state];
    expect(await from('srv', ...argv)).toMatchObject(oneLine);
    const version = () => {
      const found = new Database(file, { readonly: true });
      const result = [
        found.pragma('user_version', { simple: true }),
        found.pragma('integrity_check', { simple: true }),
      ];
      found.close();
      return result;
    };
    expect(version()).toEqual([1, 'ok']);
    rmSync(join(disk, 'filler'));
    await (await openStore(state)).close();
    expect(version()).toEqual([migrations.length, 'ok']);
  });

  it('that is full at the start: said in one line', async () => {
    clear();
    await fill(0);
    const argv = [process.execPath, FogdUnderTest.program, 'serve', '--state', join(disk, 's')];
    expect(await from('srv', ...argv)).toMatchObject(oneLine);
  });
});
