import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { command, LabProcess, within } from '../../lab/process.js';

/** The NFS server as machines find it: libnfs (versions 3 and 4) against what the daemon starts, in namespaces of its own. */
let network: LabNetwork;
let fogd: FogdUnderTest;

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
  await network.addHost('stranger', { address: 11 });
});
afterEach(async () => {
  if (fogd.isRunning) await fogd.stop();
});
afterAll(() => network.close());

const settings = { images: { reserve_mib: 0 } };
const start = async () => {
  fogd = await FogdUnderTest.start({ network, folder: network.folder, settings });
};
const from = (role: string, ...argv: string[]) =>
  command(argv, { namespace: network.host(role).namespace, timeoutMs: 120_000 });
const nfs = async () => (await fogd.services()).find(({ name }) => name === 'nfs');

/** A capture as far as its open share. */
async function openCapture(role = 'pc'): Promise<{ id: string; share: string; folder: string; web: string }> {
  const { mac } = network.host(role);
  await fogd.cli('host', 'add', role, mac).catch(() => undefined);
  await fogd.cli('image', 'add', role).catch(() => undefined);
  // Of a test before that failed.
  await fogd.cli('host', 'cancel', role).catch(() => undefined);
  const task = JSON.parse(await fogd.cli('task', 'capture', role, '--image', role, '--json')) as {
    id: number;
  };
  const { stdout } = await from(
    role,
    'curl',
    '-sS',
    `http://${SERVER_IPV4}/fog/service/ipxe/boot.php?mac0=${mac}`,
  );
  const word = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(stdout)?.[1] ?? stdout;
  const web = word('web');
  expect((await from(role, 'curl', '-sSI', `${web}/index.php`)).stdout).toContain(' 200 ');
  const share = `nfs://${word('storage').replace(':', '')}`;
  return { id: String(task.id), share, folder: mac.replaceAll(':', ''), web };
}

const ganeshaPid = () =>
  (JSON.parse(readFileSync(join(fogd.state, 'nfs', 'ganesha.nfsd.json'), 'utf8')) as { pid: number }).pid;

/** Asks again until the answer is right; the caller's event has no other sign. */
async function eventually(what: string, check: () => Promise<boolean>): Promise<void> {
  const look = async (): Promise<void> => {
    while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 100));
  };
  // A service that failed before is tried again after 2, 4, 8, 16 s: on a busy machine the next try may be the last of these.
  await within(look(), 150_000, what);
}

describe('NFS server', () => {
  it('gives a machine its own share, by versions 3 and 4, and nobody else; it is gone after the cancel', async () => {
    await start();
    const { id, share, folder } = await openCapture();
    const file = `${share}${folder}/d1.mbr`;
    // FOS writes by version 3 only.
    expect((await from('pc', 'nfs-cp', '/etc/services', `${file}?version=3`)).stderr).toBe('');
    for (const version of [3, 4]) {
      expect((await from('pc', 'nfs-ls', `${share}?version=${version}`)).stdout).toContain(folder);
      const { stdout } = await from('pc', 'nfs-cat', `${file}?version=${version}`);
      expect(stdout).toBe(readFileSync('/etc/services', 'utf8'));
      expect((await from('stranger', 'nfs-ls', `${share}?version=${version}`)).code).not.toBe(0);
    }
    expect(
      (await from('pc', 'nfs-cp', '/etc/services', `${share}postinitscripts/x?version=3`)).code,
    ).not.toBe(0);
    await fogd.cli('task', 'cancel', id);
    for (const version of [3, 4]) {
      expect((await from('pc', 'nfs-ls', `${share}?version=${version}`)).code).not.toBe(0);
    }
  });

  it('lists to a machine its own share, and to a stranger none', async () => {
    await start();
    const listed = async (role: string) =>
      (await from(role, 'showmount', '--no-headers', '-e', SERVER_IPV4)).stdout;
    const pc = await openCapture();
    const path = new URL(pc.share).pathname.replace(/\/$/, '');
    expect(await listed('pc')).toContain(path);
    expect(await listed('stranger')).not.toContain('/t/');
    for (const folder of ['', 't/', 't/dev/']) {
      const { stdout } = await from('stranger', 'nfs-ls', `nfs://${SERVER_IPV4}/${folder}?version=4`);
      expect(stdout).not.toMatch(/\d$/m);
    }
    await fogd.cli('task', 'cancel', pc.id);
  });

  it('keeps a machine with a session of its own out of another’s, whatever path it asks for', async () => {
    await start();
    const pc = await openCapture();
    expect(
      (await from('pc', 'nfs-cp', '/etc/services', `${pc.share}${pc.folder}/d1.mbr?version=3`)).stderr,
    ).toBe('');
    const other = await openCapture('stranger');
    for (const version of [3, 4]) {
      expect((await from('stranger', 'nfs-ls', `${other.share}?version=${version}`)).stdout).toContain(
        other.folder,
      );
      const theirs = new URL(pc.share).pathname;
      const ways = [
        pc.share,
        `${other.share}../..${theirs}`,
        `${other.share}${other.folder}/../../../${theirs.split('/')[2]}/`,
      ];
      for (const way of ways) {
        const { stdout } = await from('stranger', 'nfs-ls', `${way}?version=${version}`);
        expect(stdout, way).not.toContain(pc.folder);
        const read = await from('stranger', 'nfs-cat', `${way}${pc.folder}/d1.mbr?version=${version}`);
        expect(read.stdout, way).toBe('');
      }
    }
    await fogd.cli('task', 'cancel', pc.id);
    await fogd.cli('task', 'cancel', other.id);
  });

  it('comes back by itself with all shares after kill -9', async () => {
    await start();
    const { id, share, folder } = await openCapture();
    const before = ganeshaPid();
    process.kill(before, 'SIGKILL');
    await eventually('the NFS server to come back', async () => {
      const { stdout } = await from('pc', 'nfs-ls', `${share}?version=3`);
      return stdout.includes(folder);
    });
    expect(ganeshaPid()).not.toBe(before);
    await eventually('fogd to say so', async () => (await nfs())?.state === 'running');
    await fogd.cli('task', 'cancel', id);
  });

  it('tells that machines cannot mount when the port mapper is gone, and mends it', async () => {
    await start();
    const { id, share, folder } = await openCapture();
    const note = JSON.parse(readFileSync(join(fogd.state, 'nfs', 'rpcbind.json'), 'utf8')) as { pid: number };
    process.kill(note.pid, 'SIGKILL');
    await eventually('the status to tell it', async () =>
      JSON.stringify(await nfs()).includes('the port mapper (111/tcp) does not answer'),
    );
    // A new port mapper knows nothing of a server that registered with the old one.
    await eventually('the share to be back', async () => {
      const { stdout } = await from('pc', 'nfs-ls', `${share}?version=3`);
      return stdout.includes(folder);
    });
    await eventually('fogd to say so', async () => (await nfs())?.state === 'running');
    await fogd.cli('task', 'cancel', id);
  });

  it('outlives a fogd that was killed, and is adopted by the next one', async () => {
    await start();
    const { id, share, folder } = await openCapture();
    const before = ganeshaPid();
    await fogd.kill();
    expect((await from('pc', 'nfs-cp', '/etc/services', `${share}${folder}/x?version=3`)).stderr).toBe('');
    await start();
    expect(ganeshaPid()).toBe(before);
    expect((await nfs())?.detail).toBe('port 2049, 1 export');
    expect((await from('pc', 'nfs-ls', `${share}?version=4`)).stdout).toContain(folder);
    await fogd.cli('task', 'cancel', id);
    expect((await from('pc', 'nfs-ls', `${share}?version=3`)).code).not.toBe(0);
  });

  it('ends with fogd, and nothing of it is left', async () => {
    await start();
    await fogd.stop();
    // What was killed at the end may still be on its way out.
    const left = async () => (await command(['ip', 'netns', 'pids', network.server.namespace])).stdout;
    await expect.poll(left).toBe('');
  });

  it('names the program that holds its port; everything else is served', async () => {
    const argv = ['socat', 'TCP-LISTEN:2049,fork,reuseaddr', 'EXEC:true'];
    const holder = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      argv,
      logFile: join(network.folder, 'holder.log'),
    });
    await eventually('the port to be taken', async () =>
      (await command(['ip', 'netns', 'exec', network.server.namespace, 'ss', '-Hltn'])).stdout.includes(
        ':2049',
      ),
    );
    await start();
    expect(await nfs()).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/^port 2049\/tcp is held by socat \(pid \d+\)$/),
    });
    expect((await fogd.services()).find(({ name }) => name === 'http')?.state).toBe('running');
    const { mac } = network.host('pc');
    await fogd.cli('task', 'capture', 'pc', '--image', 'pc');
    const { stdout } = await from(
      'pc',
      'curl',
      '-sS',
      `http://${SERVER_IPV4}/fog/service/ipxe/boot.php?mac0=${mac}`,
    );
    const web = / web=(\S+)/.exec(stdout)?.[1] ?? '';
    expect((await from('pc', 'curl', '-sSI', `${web}/index.php`)).stdout).toContain(' 200 ');
    const checkIn = await from(
      'pc',
      'curl',
      '-sS',
      '-d',
      `mac=${mac}&type=up`,
      `${web}service/Pre_Stage1.php`,
    );
    expect(checkIn.stdout).toContain('the NFS server does not run');
    await holder.stop();
    await eventually('the NFS server to start', async () => (await nfs())?.state === 'running');
    const again = await from('pc', 'curl', '-sS', '-d', `mac=${mac}&type=up`, `${web}service/Pre_Stage1.php`);
    expect(again.stdout).toBe('##@GO');
  });
}, 600_000);
