import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RESTORE_MOMENTS } from '#backup/restore.js';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { command, LabProcess, mustRun } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';
import {
  backUp,
  contents,
  makeState,
  removeTemporaryFolders,
  temporaryFolder,
} from '../../unit/backup/state.js';

afterEach(removeTemporaryFolders);

/** What an admin does besides: backups, and watching over a running fogd. */

let network: LabNetwork;

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
});
afterAll(() => network.close());

const PROGRAM = inRepository('dist', 'src', 'cli', 'fogd.js');
const fogdCommand = (...args: string[]) => command([process.execPath, PROGRAM, ...args]);
const from = (role: 'pc' | 'srv', ...argv: string[]) =>
  command(argv, { namespace: network.host(role).namespace });
const register = (n: number) => {
  const mac = Buffer.from(`02:00:00:00:02:${n.toString(16).padStart(2, '0')}\n`).toString('base64');
  const url = `http://${SERVER_IPV4}/fog/service/auto.register.php`;
  return from('pc', 'curl', '-sS', '--max-time', '20', '--data', `mac=${mac}`, url);
};
const start = (folder: string) => {
  mkdirSync(join(network.folder, folder), { recursive: true });
  return FogdUnderTest.start({ network, folder: join(network.folder, folder), settings: {} });
};
const hostsOf = async (fogd: FogdUnderTest) =>
  (JSON.parse(await fogd.cli('host', 'list', '--json')) as Array<{ name: string }>).map(({ name }) => name);

describe('backup of a running fogd', () => {
  it('holds what was acknowledged before, is refused as a restore into it, and brings all back', async () => {
    const fogd = await start('backup');
    for (let n = 0; n < 3; n++) expect((await register(n)).stdout).toBe('Done');
    const others = Array.from({ length: 12 }, (_, n) => register(10 + n));
    const file = join(network.folder, 'b.tar');
    const told = await fogd.cli('backup', file);
    await Promise.all(others);
    expect(told).toMatch(/read back and whole\nnot in it: images/);
    expect((await mustRun(['tar', 'tf', file])).split('\n')[0]).toBe('manifest.json');
    const state = ['--state', fogd.state];
    for (const args of [['restore', file, '--force'], ['verify']])
      expect((await fogdCommand(...args, ...state)).stderr).toContain('is in use by another fogd');
    await fogd.kill();
    expect(await fogdCommand('verify', ...state)).toMatchObject({ code: 0, stdout: `${fogd.state}: OK\n` });
    const stopped = join(network.folder, 'stopped.tar');
    expect((await fogdCommand('backup', stopped, ...state)).code).toBe(0);
    expect((await fogdCommand('restore', file, ...state)).stderr).toContain('add --force');
    expect((await fogdCommand('restore', file, '--force', ...state)).code).toBe(0);
    const again = await start('backup');
    const names = await hostsOf(again);
    expect(names).toEqual(expect.arrayContaining(['020000000200', '020000000201', '020000000202']));
    await again.stop();
    expect((await fogdCommand('restore', stopped, '--force', ...state)).code).toBe(0);
    const full = await start('backup');
    expect(await hostsOf(full)).toHaveLength(15);
    await full.stop();
  });

  it('a restore that is killed at any step is ended by the next command, or was never begun', async () => {
    const file = await backUp(await makeState('new'));
    const ended = await Promise.all(
      RESTORE_MOMENTS.map(async (moment) => {
        const state = await makeState('old');
        const restorer = inRepository('dist', 'test', 'interop', 'daemon', 'restorer.js');
        const { signal } = await command([process.execPath, restorer, state, file, moment]);
        const { code } = await fogdCommand('verify', '--state', state);
        return { moment, signal, code, hosts: contents(state).hosts, key: contents(state).key };
      }),
    );
    expect(ended).toEqual(
      RESTORE_MOMENTS.map((moment) => {
        const name = moment === 'unpacked' ? 'old' : 'new';
        return { moment, signal: 'SIGKILL', code: 0, hosts: [`${name}0`], key: name };
      }),
    );
  });

  it('on a full disk is named, and leaves no half file', async () => {
    const state = await makeState('one');
    const target = temporaryFolder();
    await mustRun(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'fogd-test', target]);
    try {
      const { code, stderr } = await fogdCommand('backup', join(target, 'b.tar'), '--state', state);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `fogd: the disk of ${target} is full: free space there; nothing was changed, and no half file is left\n`,
      });
      expect(readdirSync(target)).toEqual([]);
    } finally {
      await mustRun(['umount', target]);
    }
  });
});

describe('watching over fogd', () => {
  it('doctor sees the ports held by fogd, and after its end by another, and says what to do', async () => {
    const fogd = await start('doctor');
    const doctor = async () => {
      const args = ['doctor', '--state', fogd.state, '--json'];
      const { code, stdout } = await from('srv', process.execPath, PROGRAM, ...args);
      const lines = JSON.parse(stdout) as Array<{ check: string; level: string; text: string }>;
      return { code, lines, ports: lines.filter(({ check }) => check === 'ports') };
    };
    const held = await doctor();
    expect(held.ports.map(({ level, text }) => `${level} ${text}`)).toEqual([
      expect.stringMatching(/^ok held: 80\/tcp, .*69\/udp.*, 61000-61099\/udp$/),
    ]);
    expect(held.lines.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(held.lines).toContainEqual({ check: 'rights', level: 'ok', text: 'fogd may do what it needs' });
    await fogd.stop();
    const other = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      argv: ['socat', 'UDP-LISTEN:69', 'EXEC:true'],
      logFile: join(network.folder, 'other.log'),
    });
    onTestFinished(async () => void (await other.stop()));
    await expect
      .poll(async () => (await doctor()).ports[0]?.text)
      .toMatch(/^69\/udp is held by socat \(pid \d+\)$/);
    expect((await doctor()).code).toBe(1);
  });

  /** A parser of Prometheus’ own Python library: prints each sample as name, labels and value. */
  const PARSER = [
    'import sys',
    'from prometheus_client.parser import text_string_to_metric_families as read',
    'for family in read(sys.stdin.read()):',
    '  for s in family.samples: print(s.name, sorted(s.labels.items()), s.value)',
  ].join('\n');

  it('metrics are read by Prometheus’ parser, here only; healthz and readyz by everybody', async () => {
    const fogd = await start('watched');
    expect((await register(50)).stdout).toBe('Done');
    const { stdout: refused } = await from(
      'pc',
      'curl',
      '-sS',
      `http://${SERVER_IPV4}/fog/service/ipxe/nothing`,
    );
    expect(refused).toContain('not found');
    const text = (await from('srv', 'curl', '-sS', 'http://127.0.0.1/metrics')).stdout;
    const parsed = await mustRun(['/usr/bin/python3', '-c', PARSER], { input: text });
    expect(parsed).toContain("fogd_decisions_total [('outcome', 'refused'), ('service', 'http')] 1.0\n");
    expect(parsed).toContain("fogd_service_state [('service', 'http'), ('state', 'running')] 1.0\n");
    expect(parsed).toMatch(/fogd_store_commit_seconds_count \[\] [1-9]/);
    expect(parsed).toMatch(/fogd_disk_free_bytes \[\('disk', 'state'\)\] \d/);
    const socket = ['--unix-socket', join(fogd.state, 'fogd.sock'), 'http://fogd/metrics'];
    expect((await from('srv', 'curl', '-sS', ...socket)).stdout).toContain('fogd_build_info');
    const status = async (path: string) =>
      (
        await from(
          'pc',
          'curl',
          '-sS',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          `http://${SERVER_IPV4}${path}`,
        )
      ).stdout;
    expect(await status('/metrics')).toBe('403');
    expect(await status('/healthz')).toBe('200');
    // One that failed may be tried again at any moment: between the two questions, too.
    const agree = async () => {
      const failed = (await fogd.services()).some(({ state }) => state === 'failed');
      return (await status('/readyz')) === (failed ? '503' : '200');
    };
    await expect.poll(agree).toBe(true);
    await fogd.stop();
  });
});
