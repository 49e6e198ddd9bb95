import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { command, LabProcess, within } from '../../lab/process.js';
import { writeSmallImage } from '../../unit/services/http/small-image.js';

/** Exports that all machines share, by fogd's own server and by another host's: libnfs in the place of FOS. */
let network: LabNetwork;
let fogd: FogdUnderTest;
let images: string;

const OTHER = '10.77.0.2';

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
  await network.addHost('second', { address: 11 });
  await network.addHost('other', { address: 2 });
});
async function stopAndForget(): Promise<void> {
  if (fogd.isRunning) await fogd.stop();
  rmSync(fogd.state, { recursive: true, force: true });
}
afterEach(stopAndForget);
afterAll(() => network.close());

const from = (role: string, ...argv: string[]) =>
  command(argv, { namespace: network.host(role).namespace, timeoutMs: 120_000 });
const service = async (name: string) => (await fogd.services()).find((one) => one.name === name);

async function start(folder: string, nfs: Record<string, string>, own?: { readonly images: string }) {
  const settings = { images: { reserve_mib: 0, ...(own ? { folder: own.images } : {}) }, nfs };
  mkdirSync(folder, { recursive: true });
  fogd = await FogdUnderTest.start({ network, folder, settings });
  for (const role of ['pc', 'second']) await fogd.cli('host', 'add', role, network.host(role).mac);
  await fogd.cli('image', 'add', 'base', '--type', 'mps', '--os', '50', '--format', '3');
}

async function eventually(what: string, check: () => Promise<boolean>): Promise<void> {
  const look = async (): Promise<void> => {
    while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 100));
  };
  await within(look(), 150_000, what);
}

/** A machine as far as its HEAD. */
async function boot(
  role: string,
): Promise<{ storage: string; call: (name: string, type: string) => Promise<string> }> {
  const { mac } = network.host(role);
  const url = `http://${SERVER_IPV4}/fog/service/ipxe/boot.php?mac0=${mac}`;
  const { stdout } = await from(role, 'curl', '-sS', url);
  const word = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(stdout)?.[1] ?? stdout;
  const web = word('web');
  expect((await from(role, 'curl', '-sSI', `${web}/index.php`)).stdout).toContain(' 200 ');
  const call = async (name: string, type: string) =>
    (await from(role, 'curl', '-sS', '-d', `mac=${mac}&type=${type}`, `${web}service/${name}.php`)).stdout;
  return { storage: word('storage'), call };
}

/** Writes what FOS would: into a folder that it makes itself where it is not there. */
async function writeCapture(role: string, share: string, mark: string): Promise<void> {
  const folder = network.host(role).mac.replaceAll(':', '');
  const local = join(network.folder, `capture-${mark}`);
  writeSmallImage(local, mark);
  for (const name of readdirSync(local)) {
    const { stderr } = await from(role, 'nfs-cp', join(local, name), `${share}${folder}/${name}?version=3`);
    expect(stderr).toBe('');
  }
}

const generations = async () =>
  JSON.parse(await fogd.cli('image', 'generations', 'base', '--json')) as { state: string; place: string }[];
const order = (type: 'deploy' | 'capture', role: string) =>
  fogd.cli('task', type, role, '--image', 'base', '--json');

describe('nfs.exports = "open"', () => {
  it('serves /images and /images/dev as FOG does; a capture comes into its place when no deploy runs', async () => {
    const folder = join(network.folder, 'open');
    await start(folder, { exports: 'open' });
    images = join(fogd.state, 'images');
    expect((await from('pc', 'showmount', '--no-headers', '-e', SERVER_IPV4)).stdout).toMatch(
      /^\/images .*\n\/images\/dev /m,
    );
    for (const path of [
      '/images/.mntcheck',
      '/images/dev/.mntcheck',
      '/images/dev/postinitscripts/fog.postinit',
    ])
      expect((await from('second', 'nfs-cat', `nfs://${SERVER_IPV4}${path}?version=3`)).code, path).toBe(0);
    const dev = `nfs://${SERVER_IPV4}/images/dev/`;
    // The scripts that every machine runs as root are nobody's to change or to replace.
    const attack = await from(
      'pc',
      'nfs-cp',
      '/etc/services',
      `${dev}postinitscripts/fog.postinit?version=3`,
    );
    expect(attack.code).not.toBe(0);

    await order('capture', 'pc');
    let pc = await boot('pc');
    expect(pc.storage).toBe(`${SERVER_IPV4}:/images/dev/`);
    expect(await pc.call('Pre_Stage1', 'up')).toBe('##@GO');
    await writeCapture('pc', dev, 'one');
    expect(await pc.call('Post_Stage2', 'up')).toBe('##');
    await eventually('the first generation', async () => existsSync(join(images, 'base', 'd1p1.img')));
    expect(readdirSync(join(images, 'dev')).sort()).toEqual(['.mntcheck', 'postinitscripts']);

    await order('deploy', 'second');
    const second = await boot('second');
    expect(second.storage).toBe(`${SERVER_IPV4}:/images/`);
    expect(await second.call('Pre_Stage1', 'down')).toBe('##@GO');
    await order('capture', 'pc');
    pc = await boot('pc');
    expect(await pc.call('Pre_Stage1', 'up')).toBe('##@GO');
    await writeCapture('pc', dev, 'two');
    expect(await pc.call('Post_Stage2', 'up')).toBe('##');
    const before = readFileSync(join(images, 'base', 'd1p1.img'));
    expect((await generations()).map(({ place }) => place)).toContain('received');
    // Two looks of the keeper.
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    expect(readFileSync(join(images, 'base', 'd1p1.img')).equals(before)).toBe(true);
    const read = await from('second', 'nfs-cat', `nfs://${SERVER_IPV4}/images/base/d1.partitions?version=3`);
    expect(read.stdout).toContain('label: dos');
    expect(await second.call('Post_Stage3', 'down')).toBe('##');
    await eventually(
      'the second generation',
      async () => !readFileSync(join(images, 'base', 'd1p1.img')).equals(before),
    );
    await eventually('both to be verified', async () =>
      (await generations()).every(({ state }) => state === 'verified'),
    );
    expect(await service('nfs')).toMatchObject({ state: 'running', detail: 'port 2049, 2 exports' });
  });

  it('forgets what a cancelled capture wrote', async () => {
    await start(join(network.folder, 'open-cancel'), { exports: 'open' });
    images = join(fogd.state, 'images');
    const { id } = JSON.parse(await order('capture', 'pc')) as { id: number };
    const pc = await boot('pc');
    expect(await pc.call('Pre_Stage1', 'up')).toBe('##@GO');
    await writeCapture('pc', `nfs://${SERVER_IPV4}/images/dev/`, 'half');
    await fogd.cli('task', 'cancel', String(id));
    expect(readdirSync(join(images, 'dev')).sort()).toEqual(['.mntcheck', 'postinitscripts']);
    expect(existsSync(join(images, 'base'))).toBe(false);
  });
}, 600_000);

describe('nfs.backend = "external"', () => {
  /** Another host with FOG's two exports, made by hand. */
  async function startOther(tree: string): Promise<LabProcess> {
    const { namespace, run } = network.host('other');
    const common = { namespace, run };
    const config = join(network.folder, 'other.conf');
    const block = (id: number, path: string, pseudo: string, access: string): string =>
      `EXPORT { Export_Id = ${id}; Path = "${path}"; Pseudo = "${pseudo}"; Access_Type = ${access}; Squash = No_Root_Squash; SecType = sys; FSAL { Name = VFS; } }\n`;
    writeFileSync(
      config,
      `NFS_CORE_PARAM { Protocols = 3; Enable_NLM = false; Enable_RQUOTA = false; mount_path_pseudo = true; }\n${block(1, tree, '/srv/fog', 'RO')}${block(2, join(tree, 'dev'), '/srv/fog/dev', 'RW')}`,
    );
    const log = join(network.folder, 'other.log');
    new LabProcess(network.cleanup, { ...common, logFile: `${log}.rpcbind`, argv: ['rpcbind', '-f', '-w'] });
    // Without it ganesha gives up.
    await eventually('the other host’s port mapper', async () =>
      (await from('other', 'rpcinfo', '-p', OTHER)).stdout.includes('portmapper'),
    );
    const argv = ['ganesha.nfsd', '-F', '-L', log, '-f', config, '-p', join(network.folder, 'other.pid')];
    const server = new LabProcess(network.cleanup, { ...common, logFile: `${log}.out`, argv });
    await eventually('the other host to serve', async () =>
      (await from('other', 'showmount', '-e', OTHER)).stdout.includes('/srv/fog/dev'),
    );
    return server;
  }

  function makeTree(name: string): string {
    const tree = join(network.folder, name);
    mkdirSync(join(tree, 'dev', 'postinitscripts'), { recursive: true });
    mkdirSync(join(tree, '.fogd'));
    for (const folder of [tree, join(tree, 'dev')]) writeFileSync(join(folder, '.mntcheck'), '');
    return tree;
  }

  it('deploys and captures where the tree is mounted here, and says so when it is another, or the host is gone', async () => {
    const tree = makeTree('tree');
    const server = await startOther(tree);
    const nfs = { backend: 'external', share: `${OTHER}:/srv/fog` };
    await start(join(network.folder, 'external'), nfs, { images: tree });
    expect(await service('nfs')).toMatchObject({
      state: 'running',
      detail: `${OTHER}:/srv/fog, of another host, whose tree is ${tree}`,
    });
    await order('capture', 'pc');
    const pc = await boot('pc');
    expect(pc.storage).toBe(`${OTHER}:/srv/fog/dev/`);
    expect(await pc.call('Pre_Stage1', 'up')).toBe('##@GO');
    const folder = network.host('pc').mac.replaceAll(':', '');
    // FOS makes it; libnfs's tools make no folders.
    mkdirSync(join(tree, 'dev', folder));
    await writeCapture('pc', `nfs://${OTHER}/srv/fog/dev/`, 'ext');
    expect(await pc.call('Post_Stage2', 'up')).toBe('##');
    await eventually('the image', async () => existsSync(join(tree, 'base', 'd1p1.img')));
    await order('deploy', 'second');
    const second = await boot('second');
    expect(second.storage).toBe(`${OTHER}:/srv/fog/`);
    expect(await second.call('Pre_Stage1', 'down')).toBe('##@GO');
    const read = await from('second', 'nfs-cat', `nfs://${OTHER}/srv/fog/base/d1.partitions?version=3`);
    expect(read.stdout).toContain('label: dos');
    expect(await second.call('Post_Stage3', 'down')).toBe('##');
    await stopAndForget();

    const elsewhere = makeTree('elsewhere');
    await start(join(network.folder, 'external-elsewhere'), nfs, { images: elsewhere });
    expect((await service('nfs'))?.detail).toContain(
      `what is written into ${elsewhere} is not seen on ${OTHER}:/srv/fog`,
    );
    await expect(order('capture', 'pc')).rejects.toThrow(/nothing can be captured: what is written into/);
    expect(readdirSync(join(elsewhere, '.fogd')).filter((name) => name.startsWith('seen'))).toEqual([]);
    await stopAndForget();

    await start(join(network.folder, 'external-none'), nfs);
    expect((await service('nfs'))?.detail).toBe(
      `${OTHER}:/srv/fog, of another host; no captures: images.folder is not set`,
    );
    await expect(order('capture', 'pc')).rejects.toThrow(/images.folder does not say/);
    await order('deploy', 'second');
    expect((await boot('second')).storage).toBe(`${OTHER}:/srv/fog/`);
    await server.stop();
    await eventually('the status to tell it', async () =>
      /machines cannot mount .*NFS|MOUNT/.test((await service('nfs'))?.detail ?? ''),
    );
  });
}, 600_000);
