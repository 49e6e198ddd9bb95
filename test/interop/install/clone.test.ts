import { appendFileSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Container } from '../../lab/container.js';
import { type CommandResult, command, mustRun } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';
import { InstallWorld, SUITE } from './world.js';

/**
 * The README's two commands as a newcomer has them: a fresh system, a clone, npm ci and the build in it. Takes minutes and the package
 * registries, so vitest.config.js leaves it out without FOGD_TEST_CLONE=1. What a newcomer sees is kept in var/test/clone-SUITE.txt, to be read.
 */
const MINUTES = 60_000;

describe(`a fresh clone on ${SUITE}`, () => {
  let world: InstallWorld;
  let machine: Container;
  /** How this machine's npm comes to its registry. */
  const npmSettings = ['npm_config_update_notifier=false'];

  beforeAll(async () => {
    mkdirSync(dirname(seen), { recursive: true });
    rmSync(seen, { force: true });
    world = await InstallWorld.openClone();
    const setting = async (name: string) => (await mustRun(['npm', 'config', 'get', name])).trim();
    npmSettings.push(`npm_config_registry=${await setting('registry')}`);
    const authorities = await setting('cafile');
    if (authorities !== 'null') {
      copyFileSync(authorities, join(world.root, 'authorities.pem'));
      npmSettings.push('npm_config_cafile=/authorities.pem');
    }
    machine = await world.boot();
    await machine.connect();
    if (SUITE === 'trixie') {
      // Debian's own Node.js is new enough there, and the installer says so.
      for (const path of ['bin/node', 'bin/npm', 'include/node', 'lib/node_modules'])
        rmSync(join(world.root, 'usr/local', path), { recursive: true });
      await aptInstall('nodejs', 'npm');
    }
  }, 8 * MINUTES);
  afterAll(() => world.close());

  const aptInstall = async (...packages: string[]) => {
    const script =
      'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"';
    const { code, stderr } = await machine.run(['sh', '-c', script, 'sh', ...packages], 5 * MINUTES);
    if (code !== 0) throw new Error(stderr);
  };
  const seen = inRepository('var', 'test', `clone-${SUITE}.txt`);
  const shown = async (argv: string[], before: string[] = []): Promise<CommandResult> => {
    const at = performance.now();
    const result = await machine.run([...before, ...argv], 8 * MINUTES);
    const seconds = ((performance.now() - at) / 1000).toFixed(1);
    const { stdout, stderr, code } = result;
    appendFileSync(seen, `# ${argv.join(' ')}\n${stdout}${stderr}(${seconds} s, exit code ${code})\n\n`);
    return result;
  };
  const inClone = (...argv: string[]) =>
    shown(argv, ['env', '-C', '/home/admin/fogd', 'TERM=dumb', ...npmSettings]);
  const unclean = () => {
    const folder = join(world.root, 'home/admin/fogd');
    return command(['git', '-c', `safe.directory=${folder}`, '-C', folder, 'status', '--porcelain']);
  };

  it('says what it would do, and does nothing', async () => {
    const { code, stdout, stderr } = await inClone('npm', 'run', 'install-service', '--', '--dry-run');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^would: Debian packages to build it: install .*g\+\+/m);
    expect(stdout).toMatch(/^would: build: npm packages, TypeScript, imaging environment$/m);
    expect(await inClone('test', '-e', 'node_modules')).toMatchObject({ code: 1 });
  });

  it(
    'fetches, compiles, installs, and runs',
    async () => {
      const { code, stdout, stderr } = await inClone('npm', 'run', 'install-service');
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^== npm packages: npm ci/m);
      expect(stdout).toMatch(/^imaging-os: built /m);
      expect(stdout).toMatch(/^== starting fogd$/m);
      expect(stdout).toMatch(/^Next:$/m);
      expect(stdout).not.toContain('In the way:');
      expect(await unclean()).toMatchObject({ code: 0, stdout: '' });
    },
    10 * MINUTES,
  );

  it('answers status, doctor and ports', async () => {
    const status = await shown(['fogd', 'status']);
    const doctor = await shown(['fogd', 'doctor']);
    const ports = await shown(['fogd', 'ports']);
    expect([status.code, status.stderr]).toEqual([0, '']);
    expect([doctor.code, doctor.stderr]).toEqual([0, '']);
    expect([ports.code, ports.stderr]).toEqual([0, '']);
  });

  it(
    'does nothing twice',
    async () => {
      const { code, stdout, stderr } = await inClone('npm', 'run', 'install-service');
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^== npm packages: up to date$/m);
      expect(stdout).toMatch(/^== build: up to date$/m);
      expect(stdout).toMatch(/^imaging-os: up to date/m);
      expect(stdout).toMatch(/: runs already$/m);
    },
    2 * MINUTES,
  );

  it(
    'runs in the foreground, too, once the service is taken away',
    async () => {
      const { code, stderr } = await inClone('npm', 'run', 'uninstall-service');
      expect([code, stderr]).toEqual([0, '']);
      const script = `setsid npm start >/tmp/start 2>&1 &
        until grep 'state in' /tmp/start || ! kill -0 $!; do sleep 0.2; done
        kill -INT -$!
        wait $!
        cat /tmp/start`;
      const start = await inClone('sh', '-c', script);
      expect(start.stdout).toMatch(/^== build: up to date$/m);
      expect(start.stdout).toMatch(/^fogd \S+, state in /m);
      // Not with the settings of the service, which stayed.
      expect(start.stdout).toMatch(/^ {2}nfs +running /m);
      expect(start.stdout).not.toMatch(/ failed /);
      expect(start.stdout).toContain('"stopped"');
    },
    2 * MINUTES,
  );
});
