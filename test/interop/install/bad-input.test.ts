import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uniquePrefix } from '../../lab/names.js';
import { type CommandResult, command } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/** What does not let fogd be installed is told at once, with the remedy, and nothing is changed. */
const SCRIPT = inRepository('scripts', 'install-service');
const WWW_DATA = 33;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), `${uniquePrefix()}-`));
  for (const folder of ['bin', 'etc', 'opt', 'run/lock', 'var/lib/dpkg'])
    mkdirSync(join(root, folder), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'));
  for (const applet of ['sh', 'readlink']) symlinkSync('busybox', join(root, 'bin', applet));
  system('debian', '12', 'Debian GNU/Linux 12 (bookworm)');
  node('v20.19.0', 0);
  put('etc/passwd', 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n');
  put('etc/group', 'root:x:0:\nwww-data:x:33:\n');
  put('var/lib/dpkg/status', '');
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string, text: string) => writeFileSync(join(root, path), text);
const system = (id: string, version: string, name: string) =>
  put('etc/os-release', `PRETTY_NAME="${name}"\nVERSION_ID="${version}"\nID=${id}\n`);

/** A Node.js that says its version, and whether it is new enough by its exit code. */
function node(version: string, code: number, path = 'bin/node'): void {
  put(path, `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit\nexit ${code}\n`);
  chmodSync(join(root, path), 0o755);
}

const ending = (result: CommandResult) => {
  expect(result.stderr).not.toMatch(/line \d+:|at .*:\d+:\d+|unbound/);
  return [result.code, result.stderr];
};
const dryRun = (...options: string[]) =>
  command([SCRIPT, '--no-build', '--root', root, '--dry-run', ...options]);
const install = (...before: string[]) => command([...before, SCRIPT, '--no-build', '--root', root]);

/** Refused for these reasons, and nothing was made. */
async function expectRefusal(result: Promise<CommandResult>, ...reasons: RegExp[]): Promise<void> {
  const [code, stderr] = ending(await result);
  expect(code).toBe(1);
  for (const reason of reasons) expect(stderr).toMatch(reason);
  expect(stderr).toMatch(/^install-service: nothing was changed$/m);
  expect(existsSync(join(root, 'etc', 'fogd'))).toBe(false);
}

describe('install-service refuses', () => {
  it.each([
    ['an option that it does not have', ['--frobnicate'], '--frobnicate is no option'],
    ['--root without a folder', ['--root'], 'usage: npm run install-service'],
  ])('%s, with exit code 2', async (_, options, message) => {
    expect(ending(await command([SCRIPT, ...options]))).toEqual([2, expect.stringContaining(message)]);
  });

  it('a root that is not there, or is no system', async () => {
    expect(ending(await command([SCRIPT, '--root', join(root, 'nowhere')]))).toEqual([
      1,
      expect.stringContaining('make a system in it with debootstrap'),
    ]);
    expect(ending(await command([SCRIPT, '--root', join(root, 'opt')]))).toEqual([
      1,
      expect.stringContaining('is no system: make one with debootstrap'),
    ]);
  });

  it('anybody but root', async () => {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    chmodSync(root, 0o755);
    const result = await command([...nobody, 'bash', '-c', 'cd / && exec bash "$0" --no-build', SCRIPT]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/only root can do this: sudo npm run install-service/);
  });

  it('a machine that systemd does not run', async () => {
    const hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /run && exec "$@"', 'sh'];
    const [code, stderr] = ending(await command([...hidden, SCRIPT, '--no-build']));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/systemd does not run this machine .*: here fogd runs with npm start/),
    ]);
  });

  it.each([
    ['fedora', '41', 'Fedora Linux 41'],
    ['debian', '11', 'Debian GNU/Linux 11 (bullseye)'],
    ['ubuntu', '22.04', 'Ubuntu 22.04.5 LTS'],
  ])('%s %s', async (id, version, name) => {
    system(id, version, name);
    await expectRefusal(install(), /is not supported: Debian 12, Debian 13 or Ubuntu 24.04 is needed/);
  });

  it('a Node.js that is missing, too old, or where services do not see it', async () => {
    node('v18.19.1', 1);
    await expectRefusal(install(), /Node.js v18.19.1 is too old: install 20.19 or newer/);
    rmSync(join(root, 'bin', 'node'));
    await expectRefusal(install(), /Node.js is missing in .*: install Node.js 20.19 or newer/);
    mkdirSync(join(root, 'root'));
    node('v22.0.0', 0, 'root/node');
    symlinkSync('/root/node', join(root, 'bin', 'node'));
    await expectRefusal(install(), /Node.js lies in \/root\/node, which the service does not see/);
  });

  it('folders of somebody else, all told at once', async () => {
    for (const path of ['opt/fogd', 'var/lib/fogd']) {
      mkdirSync(join(root, path));
      chownSync(join(root, path), WWW_DATA, WWW_DATA);
    }
    await expectRefusal(
      install(),
      /opt\/fogd does not belong to root.*: chown -R root/,
      /var\/lib\/fogd belongs to www-data, not to fogd: if it is fogd's, chown/,
    );
    chownSync(join(root, 'opt', 'fogd'), 0, 0);
    chmodSync(join(root, 'opt', 'fogd'), 0o777);
    await expectRefusal(install(), /opt\/fogd can be written by others: chmod go-w/);
  });

  it('a unit of the admin’s that would take the place of the installed one', async () => {
    mkdirSync(join(root, 'etc', 'systemd', 'system'), { recursive: true });
    put('etc/systemd/system/fogd.service', '[Service]\n');
    await expectRefusal(
      install(),
      /etc\/systemd\/system\/fogd.service takes the place of the unit .*: remove it/,
    );
  });

  it('a disk that has no room', async () => {
    const small = `mount -t tmpfs -o size=5m none ${root}/opt && exec "$@"`;
    await expectRefusal(
      install('unshare', '--mount', 'sh', '-c', small, 'sh'),
      /the disk of \S+\/opt\/fogd has \d MiB free and 250 MiB are needed: free space there/,
    );
  });
});

describe('install-service accepts', () => {
  it.each([
    ['debian', '12'],
    ['debian', '13'],
    ['ubuntu', '24.04'],
  ])('%s %s, and makes nothing in a dry run', async (id, version) => {
    system(id, version, id);
    const before = readdirSync(root, { recursive: true }).sort();
    const { code, stderr, stdout } = await dryRun();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^would: Debian packages: install .*nfs-ganesha /m);
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(before);
  });

  it('the state of an installation that was removed, whose number has no name any more', async () => {
    mkdirSync(join(root, 'var/lib/fogd'));
    chownSync(join(root, 'var/lib/fogd'), 987, 987);
    const { code, stdout } = await dryRun();
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('user fogd: make it (system user, no login, number 987)'),
    ]);
  });
});
