import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Container } from '../../lab/container.js';
import { command } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';
import { InstallWorld } from './world.js';

/**
 * The installation as an admin has it: a fresh Debian, install-service, systemd as PID 1. Tests build upon each other, as an
 * installation's life does.
 */
let world: InstallWorld;
let machine: Container;
/** When fogd was seen running after its last start. */
let fogdSince = 0;

const UNITS = ['fogd.service', 'fogd-nfs-bus.service', 'fogd-nfs.service'];
const WATCHDOG_MS = 10_000;
/** After all that a store of the installed version knows. */
const MIGRATION = (sql: string) => `\nmigrations.push(${JSON.stringify(sql)});\n`;
const MIGRATIONS = 'dist/src/store/migrations/index.js';

beforeAll(async () => {
  world = await InstallWorld.open();
  await world.addNewer('broken-migration', (newer) =>
    newer.append(MIGRATIONS, MIGRATION('ALTER TABLE nowhere ADD COLUMN x')),
  );
  await world.addNewer('never-ready', (newer) => {
    newer.append(MIGRATIONS, MIGRATION('CREATE TABLE later (x)'));
    newer.replace('dist/src/main.js', "notify('READY=1');", "throw new Error('no boot today');");
  });
  await world.addNewer('newer', (newer) => newer.append(MIGRATIONS, MIGRATION('CREATE TABLE later (x)')));
  await world.addNewer('unwilling', (newer) =>
    newer.replace(
      'dist/src/check.js',
      'return [];',
      "return [{ path: 'dhcp', what: 'is of old', mend: 'renew it' }];",
    ),
  );
}, 1_200_000);
afterAll(() => world.close());

const inRoot = (path: string) => join(world.root, path);
const mode = (path: string) => (statSync(inRoot(path)).mode & 0o7777).toString(8);
const owner = (path: string): string => {
  const { uid, gid } = statSync(inRoot(path));
  const name = (file: string, id: number) =>
    readFileSync(inRoot(`etc/${file}`), 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, , number]) => number === String(id))?.[0];
  return `${name('passwd', uid)}:${name('group', gid)}`;
};
const current = () => readlinkSync(inRoot('opt/fogd/current'));
const listing = async () =>
  (await command(['find', world.root, '-xdev', '-printf', '%p %m %U %s %T@\n'], { timeoutMs: 120_000 }))
    .stdout;

const install = (checkout: string, ...options: string[]) =>
  machine.run([`/src/${checkout}/scripts/install-service`, '--no-build', ...options], 600_000);

interface Line {
  readonly name: string;
  readonly state: string;
}
const services = async (): Promise<Record<string, string>> => {
  const { stdout } = await machine.run(['fogd', 'status', '--json']);
  const { services } = JSON.parse(stdout) as { services: Line[] };
  return Object.fromEntries(services.map(({ name, state }) => [name, state]));
};
/** Everything that is not switched off runs. */
const runsWell = async () => {
  await expect
    .poll(
      async () => {
        const active = await machine.run(['systemctl', 'is-active', ...UNITS]);
        const bad = Object.entries(await services().catch(() => ({ fogd: 'no answer' }))).filter(
          ([, state]) => state !== 'running' && state !== 'off',
        );
        return [active.stdout.trim().split('\n'), bad];
      },
      { timeout: 240_000, interval: 200 },
    )
    .toEqual([['active', 'active', 'active'], []]);
};
const pid = async (unit: string) =>
  (await machine.mustRun('systemctl', 'show', '-P', 'MainPID', unit)).trim();
const hosts = async () =>
  (JSON.parse(await machine.mustRun('fogd', 'host', 'list', '--json')) as Array<{ name: string }>).map(
    ({ name }) => name,
  );

describe('installing into a fresh Debian', () => {
  it('prints every step of a dry run, and changes nothing', async () => {
    const before = await listing();
    const { code, stdout } = await world.installIntoRoot('--root', world.root, '--dry-run');
    expect(code).toBe(0);
    for (const step of [
      'Debian packages: install',
      'user fogd',
      '/opt/fogd',
      'fogd.toml',
      'release',
      'completion: /\\S+/fogd and /\\S+/_fogd',
      'enable',
    ])
      expect(stdout).toMatch(new RegExp(`^would: .*${step}`, 'm'));
    expect(await listing()).toBe(before);
  });

  it('puts all in its place, starts nothing, and says nothing new the second time', async () => {
    const { code, stdout, stderr } = await world.installIntoRoot('--root', world.root);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('nfs-ganesha.service of the package: not started and disabled');
    expect(
      Object.fromEntries(
        ['opt/fogd', 'etc/fogd', 'var/lib/fogd', 'etc/fogd/fogd.toml'].map((path) => [
          path,
          `${mode(path)} ${owner(path)}`,
        ]),
      ),
    ).toEqual({
      'opt/fogd': '755 root:root',
      'etc/fogd': '750 root:fogd',
      'var/lib/fogd': '700 fogd:fogd',
      'etc/fogd/fogd.toml': '640 root:fogd',
    });
    const again = await world.installIntoRoot('--root', world.root);
    expect([again.code, again.stdout.match(/: (made|make it|install) /)]).toEqual([0, null]);
    expect(readdirSync(inRoot('opt/fogd/releases'))).toHaveLength(1);
  });

  it('leaves everything as it was when the disk is full on the way', async () => {
    const before = current();
    // A file may not grow beyond 10 MB: as a disk that fills up, whoever runs the tests.
    const full = ['bash', '-c', 'ulimit -f 10000; trap "" XFSZ; exec "$@"', 'bash'];
    const argv = [join(world.source, 'newer/scripts/install-service'), '--no-build', '--root', world.root];
    const { code, stderr } = await command([...full, ...argv], { timeoutMs: 300_000 });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/could not be written to \S+ .*: what was installed is unchanged/),
    ]);
    expect([current(), readdirSync(inRoot('opt/fogd/releases'))]).toEqual([
      before,
      [before.replace('releases/', '')],
    ]);
  });

  it('installs a program that only root can change, without what only builds and tests need', async () => {
    const release = join(world.root, 'opt/fogd', current());
    const loose = await command([
      'find',
      release,
      '(',
      '-perm',
      '/022',
      '-o',
      '!',
      '-user',
      '0',
      ')',
      '-print',
    ]);
    expect([loose.stdout, loose.stderr]).toEqual(['', '']);
    const modules = readdirSync(join(release, 'node_modules'));
    expect(modules).toContain('fastify');
    for (const name of ['vitest', 'typescript', '@biomejs', 'tftp', 'dhcp', '@types'])
      expect(modules).not.toContain(name);
    expect(readdirSync(join(release, 'dist')).sort()).toEqual(['scripts', 'services', 'src']);
  });

  it('installs units that systemd understands and finds well protected', async () => {
    const units = 'usr/local/lib/systemd/system';
    const verified = await command(['systemd-analyze', 'verify', `--root=${world.root}`, ...UNITS]);
    // Units of a newer Debian are not all clear to an older systemd-analyze.
    const ours = verified.stderr
      .split('\n')
      .filter((line) => /(^|\/)fogd(-nfs|-nfs-bus)?\.service/.test(line));
    expect([verified.code, ours]).toEqual([0, []]);
    for (const unit of UNITS) {
      expect(readFileSync(inRoot(`${units}/${unit}`), 'utf8')).not.toContain('/usr/bin/node');
      const { stdout } = await command([
        'systemd-analyze',
        'security',
        '--offline=true',
        inRoot(`${units}/${unit}`),
      ]);
      const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
      expect(exposure, unit).toBeLessThan(4);
    }
  });

  it('leaves the distribution’s own NFS server switched off, and the port mapper on', async () => {
    const wants = readdirSync(inRoot('etc/systemd/system/multi-user.target.wants'));
    expect(wants).toEqual(expect.arrayContaining([...UNITS, 'rpcbind.service']));
    expect(wants).not.toContain('nfs-ganesha.service');
    expect(() => lstatSync(inRoot('usr/sbin/policy-rc.d'))).toThrow('ENOENT');
  });
}, 900_000);

describe('the installed service', () => {
  it('runs whole at the first boot, NFS under systemd', async () => {
    // An admin's change of a single line, which also saves the watchdog test half a minute.
    mkdirSync(inRoot('etc/systemd/system/fogd.service.d'));
    writeFileSync(
      inRoot('etc/systemd/system/fogd.service.d/w.conf'),
      `[Service]\nWatchdogSec=${WATCHDOG_MS}ms\n`,
    );
    machine = await world.boot();
    await runsWell();
    const processes = await machine.mustRun(
      'sh',
      '-c',
      'grep -H "^Uid" /proc/[0-9]*/status; cat /proc/[0-9]*/comm',
    );
    expect(processes.match(/^ganesha.nfsd$/gm)).toHaveLength(1);
    const status = await machine.mustRun('cat', `/proc/${await pid('fogd.service')}/status`);
    // CAP_NET_BIND_SERVICE and CAP_NET_RAW.
    expect(/^CapEff:\s*(\w+)/m.exec(status)?.[1]).toBe('0000000000002400');
    const journal = await machine.mustRun('journalctl', '-b', '-o', 'cat', '-u', 'fogd');
    expect(journal).not.toContain('nfs failed');
    expect(journal).not.toContain('Ctrl-C');
  });

  it('lets a machine write and read its share', async () => {
    await machine.mustRun('fogd', 'host', 'add', 'pc', '02:00:00:00:00:01');
    await machine.mustRun('fogd', 'image', 'add', 'pc');
    await machine.mustRun('fogd', 'task', 'capture', 'pc', '--image', 'pc');
    const boot = 'http://127.0.0.1/fog/service/ipxe/boot.php?mac0=02:00:00:00:00:01';
    const script = (await machine.fromOutside(['curl', '-sS', boot])).stdout;
    const word = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(script)?.[1] ?? script;
    await machine.fromOutside(['curl', '-sSI', `${word('web')}/index.php`]);
    const file = `nfs://${word('storage').replace(':', '')}020000000001/d1.mbr?version=3`;
    expect((await machine.fromOutside(['nfs-cp', '/etc/services', file])).stderr).toBe('');
    expect((await machine.fromOutside(['nfs-cat', file])).stdout).toBe(readFileSync('/etc/services', 'utf8'));
    await machine.mustRun('fogd', 'host', 'cancel', 'pc');
  });

  it('comes back after kill -9 of any of its processes, and fogd’s own end does not touch the NFS server', async () => {
    const nfs = await pid('fogd-nfs.service');
    await machine.mustRun('systemctl', 'kill', '-s', 'KILL', 'fogd.service');
    await runsWell();
    fogdSince = Date.now();
    expect(await pid('fogd-nfs.service')).toBe(nfs);
    for (const unit of ['fogd-nfs.service', 'fogd-nfs-bus.service', 'rpcbind.service']) {
      await machine.mustRun('systemctl', 'kill', '-s', 'KILL', unit);
      await expect.poll(() => pid('fogd-nfs.service')).not.toBe(nfs);
      await runsWell();
    }
  });

  it('is started anew by the watchdog when it stands still, and only then', async () => {
    const before = await pid('fogd.service');
    // Longer than the watchdog waits: it gave signs of life.
    await expect
      .poll(() => Date.now() - fogdSince, { timeout: 20 * WATCHDOG_MS })
      .toBeGreaterThan(WATCHDOG_MS + 1_000);
    expect(await pid('fogd.service')).toBe(before);
    await machine.mustRun('systemctl', 'kill', '-s', 'STOP', 'fogd.service');
    await expect
      .poll(() => pid('fogd.service'), { timeout: 150_000 })
      .not.toMatch(new RegExp(`^(0|${before})$`));
    expect(await machine.mustRun('journalctl', '-b', '-u', 'fogd')).toContain('Watchdog timeout');
    await runsWell();
  });
}, 900_000);

describe('a newer release', () => {
  it.each([
    ['whose migration fails', 'broken-migration', 'it cannot migrate the store (tried on a copy): '],
    ['that does not understand the settings', 'unwilling', 'it does not understand the settings: '],
  ])('%s is not taken, and the old one goes on without a break', async (_, checkout, reason) => {
    const [before, running] = [current(), await pid('fogd.service')];
    const { code, stderr } = await install(checkout);
    expect([code, stderr]).toEqual([1, expect.stringContaining(reason)]);
    expect(stderr).toContain('What was installed is unchanged and goes on.');
    expect([current(), await pid('fogd.service')]).toEqual([before, running]);
    expect(readdirSync(inRoot('opt/fogd/releases'))).toEqual([before.replace('releases/', '')]);
  });

  it('that never gets ready gives its place to the one before, with the store of before', async () => {
    const before = current();
    const { code, stderr } = await install('never-ready');
    expect([code, stderr]).toEqual([1, expect.stringContaining('did not become ready: ')]);
    expect(stderr).toContain('no boot today');
    expect(stderr).toContain('runs again, with the store as it was');
    expect(current()).toBe(before);
    await runsWell();
    expect(await hosts()).toEqual(['pc']);
  });

  it('takes over with the settings and the store, which is saved before', async () => {
    await machine.mustRun('sed', '-i', 's/^menu_timeout = .*/menu_timeout = 9/', '/etc/fogd/fogd.toml');
    const [before, nfs] = [current(), await pid('fogd-nfs.service')];
    const { code, stdout, stderr } = await install('newer');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/store saved: \/var\/lib\/fogd\/backups\/\S+\.sqlite/);
    expect(current()).not.toBe(before);
    await runsWell();
    expect([await hosts(), await pid('fogd-nfs.service')]).toEqual([['pc'], nfs]);
    expect(readFileSync(inRoot('etc/fogd/fogd.toml'), 'utf8')).toContain('menu_timeout = 9');
    expect(readdirSync(inRoot('opt/fogd/releases'))).toHaveLength(2);
  });

  it('is still there, and whole, after a reboot', async () => {
    const release = current();
    await machine.reboot();
    await runsWell();
    expect([current(), await hosts()]).toEqual([release, ['pc']]);
  });
}, 900_000);

describe('what stands in the way', () => {
  it('is named with the remedy and not ended', async () => {
    const hold = "require('http').createServer().listen(80)";
    await machine.mustRun('systemctl', 'stop', 'fogd.service');
    await machine.mustRun('systemd-run', '--quiet', '--unit=web', '/usr/local/bin/node', '-e', hold);
    await expect.poll(async () => (await machine.fromOutside(['ss', '-Hltn'])).stdout).toContain(':80 ');
    await machine.mustRun('systemctl', 'start', 'fogd.service');
    const { code, stdout } = await install('newer');
    expect(stdout).toContain('runs already');
    expect([code, stdout]).toEqual([
      3,
      expect.stringMatching(
        /port 80\/tcp is held by node \(pid \d+\): systemctl disable --now web\.service, or change http\.port in/,
      ),
    ]);
    expect((await machine.mustRun('systemctl', 'is-active', 'web')).trim()).toBe('active');
    await machine.mustRun('systemctl', 'stop', 'web');
    await machine.mustRun('systemctl', 'restart', 'fogd');
    await runsWell();
  });
}, 900_000);

describe('taking it away', () => {
  it('leaves what fogd knows and the settings, and a later installation has them again', async () => {
    const uninstall = await machine.run(['/src/newer/scripts/uninstall-service']);
    expect([uninstall.code, uninstall.stderr]).toEqual([0, '']);
    expect(uninstall.stdout).toMatch(/\/var\/lib\/fogd stays[\s\S]*\/etc\/fogd stays/);
    const left = await machine.run([
      'sh',
      '-c',
      'ls -d /opt/fogd /usr/local/bin/fogd /usr/local/share/*/*/*fogd /usr/local/lib/systemd/system/fogd*; id fogd; systemctl list-units --all "fogd*" --no-legend; readlink /proc/[0-9]*/exe | grep -E "/(node|ganesha.nfsd)$"',
    ]);
    expect(left.stdout).toBe('');
    expect((await install('newer')).code).toBe(0);
    await runsWell();
    expect(await hosts()).toEqual(['pc']);
    await machine.powerOff();
  });
}, 900_000);

describe('repository', () => {
  it('has a command for each of the two', () => {
    const { scripts } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect([scripts['install-service'], scripts['uninstall-service']]).toEqual([
      'scripts/install-service',
      'scripts/uninstall-service',
    ]);
  });
});
