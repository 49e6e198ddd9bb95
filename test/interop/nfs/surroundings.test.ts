import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { command, LabProcess } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/** What imaging needs around it and does not find: a clear refusal with the remedy, everything else is served, nothing is lost. */
let network: LabNetwork;
let fogd: FogdUnderTest;

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
});
afterEach(async () => {
  expect(fogd.log).not.toMatch(/\n\s+at .*:\d+/);
  // With a machine in the middle of its work the NFS server would outlive fogd.
  await fogd.cli('host', 'cancel', 'pc').catch(() => undefined);
  await fogd.stop();
});
afterAll(() => network.close());

const start = async (settings: Record<string, unknown> = {}, through?: readonly string[]) => {
  const images = { reserve_mib: 0, ...(settings.images as object | undefined) };
  fogd = await FogdUnderTest.start({
    network,
    folder: network.folder,
    settings: { ...settings, images },
    ...(through ? { through } : {}),
  });
};
/** Runs the rest after a command of the shell; the mounts are fogd's own. */
const after = (script: string): readonly string[] => ['sh', '-c', `${script} && exec "$0" "$@"`];
const hidden = (program: string): readonly string[] => after(`mount --bind /dev/null ${program}`);
const service = async (name: string) => (await fogd.services()).find((line) => line.name === name);
const fromServer = async (...argv: string[]): Promise<string> =>
  (await command(argv, { namespace: network.server.namespace, run: network.server.run })).stdout;
const fromPc = async (...argv: string[]): Promise<string> =>
  (await command(argv, { namespace: network.host('pc').namespace, timeoutMs: 120_000 })).stdout;

/** A capture as far as its first check-in: what the machine is told, and the share that it was given. */
async function checkIn(): Promise<{ answer: string; share: string }> {
  const { mac } = network.host('pc');
  await fogd.cli('host', 'add', 'pc', mac).catch(() => undefined);
  await fogd.cli('image', 'add', 'base').catch(() => undefined);
  await fogd.cli('host', 'cancel', 'pc').catch(() => undefined);
  await fogd.cli('task', 'capture', 'pc', '--image', 'base');
  const script = await fromPc('curl', '-sS', `http://${SERVER_IPV4}/fog/service/ipxe/boot.php?mac0=${mac}`);
  const word = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(script)?.[1] ?? '';
  const web = word('web');
  await fromPc('curl', '-sSI', `${web}index.php`);
  const answer = await fromPc('curl', '-sS', '-d', `mac=${mac}&type=up`, `${web}service/Pre_Stage1.php`);
  return { answer, share: `nfs://${word('storage').replace(':', '')}${mac.replaceAll(':', '')}` };
}

describe('imaging in wrong surroundings', () => {
  it.each([
    ['/usr/bin/ganesha.nfsd', /ganesha\.nfsd/, /nfs-ganesha nfs-ganesha-vfs/],
    ['/usr/bin/dbus-send', /dbus-send/, /dbus-bin/],
    ['/usr/bin/dbus-daemon', /dbus-daemon/, /dbus-daemon/],
    ['/sbin/rpcbind', /rpcbind/, /rpcbind/],
  ])(
    'without %s it says so and which package has it; machines get menus and are told',
    async (program, detail, remedy) => {
      await start({}, hidden(program));
      expect(await service('nfs')).toMatchObject({
        state: 'failed',
        detail: expect.stringMatching(detail),
        remedy: expect.stringMatching(remedy),
      });
      expect(await service('http')).toMatchObject({ state: 'running' });
      expect((await checkIn()).answer).toContain('the NFS server does not run');
    },
  );

  it('names an image folder that is not there', async () => {
    await start({ images: { folder: join(network.folder, 'nowhere') } });
    expect(await service('images')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('nowhere is not there'),
      remedy: expect.stringContaining('images.folder'),
    });
    expect(await service('http')).toMatchObject({ state: 'running' });
    await expect(checkIn()).rejects.toThrow('nowhere is not there: mount or create it');
    mkdirSync(join(network.folder, 'nowhere'));
    await expect.poll(async () => (await service('images'))?.state).toBe('running');
    expect((await checkIn()).answer).toBe('##@GO');
  });

  it('names an image folder that cannot be written', async () => {
    const folder = join(network.folder, 'readonly');
    mkdirSync(folder);
    await start({ images: { folder } }, after(`mount -t tmpfs -o ro none ${folder}`));
    expect(await service('images')).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/readonly cannot be written \(EROFS\)/),
    });
    expect((await checkIn()).answer).toContain('cannot be written');
  });
}, 600_000);

/** Debian’s user backup: every machine has it. D-Bus takes nobody whom the machine does not know. */
const USER = 34;

/** A program as that user, with no rights but these. */
const unprivileged = (rights: string): readonly string[] => [
  'setpriv',
  `--reuid=${USER}`,
  `--regid=${USER}`,
  '--clear-groups',
  '--no-new-privs',
  `--inh-caps=-all${rights}`,
  `--ambient-caps=-all${rights}`,
  `--bounding-set=-all${rights}`,
];
const started = (name: string, argv: readonly string[], env: Record<string, string> = {}): LabProcess =>
  new LabProcess(network.cleanup, {
    namespace: network.server.namespace,
    run: network.server.run,
    logFile: join(network.folder, `${name}.log`),
    argv,
    env,
  });

describe('an unprivileged fogd beside the system’s rpcbind', () => {
  const state = () => join(network.folder, 'state-srv');

  beforeAll(async () => {
    started('rpcbind', ['/sbin/rpcbind', '-f', '-w']);
    const answers = async () =>
      expect(await fromServer('rpcinfo', '-p', '127.0.0.1')).toContain('portmapper');
    await vi.waitFor(answers, { timeout: 60_000, interval: 50 });
    rmSync(state(), { recursive: true, force: true });
    mkdirSync(state(), { mode: 0o700 });
    chownSync(state(), USER, USER);
    chmodSync(network.folder, 0o755);
  });

  it('images: what a machine writes belongs to fogd’s user', async () => {
    await start({}, unprivileged(',+net_bind_service,+net_raw,+dac_read_search,+setuid,+setgid'));
    expect(await service('nfs')).toMatchObject({ state: 'running' });
    const { answer, share } = await checkIn();
    expect(answer).toBe('##@GO');
    await fromPc('nfs-cp', '/etc/services', `${share}/d1.mbr?version=3`);
    const sessions = join(state(), 'images', '.fogd', 'sessions');
    const written = readdirSync(sessions, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith('d1.mbr'),
    );
    const { uid, gid, size } = statSync(join(sessions, written ?? ''));
    expect({ uid, gid, size }).toEqual({ uid: USER, gid: USER, size: statSync('/etc/services').size });
  });

  it('with nfs.start = "service" takes the servers of the units, and leaves them running', async () => {
    const unit = (name: string, rights: string): LabProcess => {
      const text = readFileSync(inRepository('systemd', name), 'utf8').replaceAll('/var/lib/fogd', state());
      const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
      const [variable = '', ...words] = value('Environment').split('=');
      const env = variable === '' ? {} : { [variable]: words.join('=') };
      return started(name, [...unprivileged(rights), ...value('ExecStart').split(' ')], env);
    };
    const settings = { nfs: { start: 'service' } };
    const daemon = unprivileged(',+net_bind_service,+net_raw');
    await start(settings, daemon);
    // systemd has 15 s to start it after fogd.
    expect(await service('nfs')).toMatchObject({ state: 'degraded' });
    await expect
      .poll(() => service('nfs'))
      .toMatchObject({ state: 'failed', remedy: expect.stringContaining('fogd-nfs-bus fogd-nfs') });
    const bus = unit('fogd-nfs-bus.service', '');
    await expect.poll(() => existsSync(join(state(), 'nfs', 'bus.sock'))).toBe(true);
    const server = unit('fogd-nfs.service', ',+dac_read_search,+setuid,+setgid');
    await expect.poll(async () => (await service('nfs'))?.state).toBe('running');
    const { answer, share } = await checkIn();
    expect(answer).toBe('##@GO');
    await fromPc('nfs-cp', '/etc/services', `${share}/d1.mbr?version=3`);
    await fogd.stop();
    await start(settings, daemon);
    expect(await service('nfs')).toMatchObject({ state: 'running', detail: 'port 2049, 1 export' });
    expect(await fromPc('nfs-ls', `${share}?version=3`)).toContain('d1.mbr');
    expect([bus.exit, server.exit]).toEqual([undefined, undefined]);
  });
}, 600_000);
