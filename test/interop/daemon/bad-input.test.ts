import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { dnsmasq } from '../../lab/foreign-programs.js';
import { LabNetwork } from '../../lab/network.js';
import { type CommandResult, command, LabProcess } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/** What an admin can get wrong: the named service is failed with the remedy, the rest runs, and nobody ever sees a stack. */

const PROGRAM = inRepository('dist', 'src', 'cli', 'fogd.js');
const STACK = /\n\s+at .*:\d+/;

let network: LabNetwork;
let folder: string;
let count = 0;
let running: FogdUnderTest | undefined;

beforeAll(async () => {
  network = await LabNetwork.create();
});
afterAll(() => network.close());
afterEach(async () => {
  if (running) {
    expect(running.log).not.toMatch(STACK);
    await running.stop();
  }
  running = undefined;
});

function newFolder(): string {
  count += 1;
  folder = join(network.folder, `case-${count}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function start(settings: Record<string, unknown>): Promise<FogdUnderTest> {
  running = await FogdUnderTest.start({ network, folder: newFolder(), settings });
  return running;
}

/** Runs `fogd` to its end in the server's namespace. */
const run = (...args: string[]): Promise<CommandResult> =>
  command(['ip', 'netns', 'exec', network.server.namespace, process.execPath, PROGRAM, ...args]);

const states = async (fogd: FogdUnderTest) =>
  Object.fromEntries((await fogd.services()).map(({ name, state }) => [name, state]));

describe('a daemon whose surroundings are wrong', () => {
  it('names the program that holds port 67, serves the rest, and takes the port when it becomes free', async () => {
    const holder = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      logFile: join(newFolder(), 'dnsmasq.log'),
      argv: dnsmasq('--dhcp-range=10.77.0.50,10.77.0.60'),
    });
    onTestFinished(async () => void (await holder.stop()));
    await holder.waitForOutput('IP range');
    const fogd = await start({ dhcp: { mode: 'proxy', interfaces: ['eth0'] } });
    const services = await fogd.services();
    const dhcp = services.find(({ name }) => name === 'dhcp');
    expect(dhcp).toMatchObject({
      state: 'failed',
      detail: `port 67/udp is held by dnsmasq (pid ${holder.pid})`,
    });
    expect(dhcp?.remedy).toContain('dhcp.mode = "off"');
    expect(await states(fogd)).toMatchObject({ control: 'running', tftp: 'running', http: 'running' });
    const status = await run('status', '--state', fogd.state);
    expect(status.code).toBe(3);
    expect(status.stdout).toContain('held by dnsmasq');
    await holder.stop();
    await expect.poll(() => states(fogd)).toMatchObject({ dhcp: 'running' });
    expect((await run('status', '--state', fogd.state)).code).toBe(0);
  });

  it('names the interfaces there are when the one named is not', async () => {
    const fogd = await start({ dhcp: { mode: 'proxy', interfaces: ['eth7'] } });
    const dhcp = (await fogd.services()).find(({ name }) => name === 'dhcp');
    // It may come: then it is served at once.
    expect(dhcp).toMatchObject({ state: 'degraded' });
    expect(dhcp?.detail).toMatch(/^proxy not on eth7: interface eth7 does not exist: name one of [^;]*eth0/);
    expect(await states(fogd)).toMatchObject({ tftp: 'running', http: 'running' });
  });

  it('names the boot files that are missing and how to get them, and notices when they are there', async () => {
    const imagingOs = join(newFolder(), 'os');
    mkdirSync(imagingOs);
    const fogd = await FogdUnderTest.start({ network, folder, settings: {}, imagingOs });
    running = fogd;
    const missing = (await fogd.services()).find(({ name }) => name === 'boot-files');
    expect(missing).toMatchObject({ state: 'failed', detail: 'boot files are missing: bzImage, init.xz' });
    expect(missing?.remedy).toContain('imaging-os/build');
    for (const file of ['bzImage', 'init.xz']) writeFileSync(join(imagingOs, file), 'x');
    await expect.poll(() => states(fogd)).toMatchObject({ 'boot-files': 'running' });
  });

  it('says which capability is missing', async () => {
    const state = join(newFolder(), 'state');
    mkdirSync(state);
    chownSync(state, 65534, 65534);
    chmodSync(network.folder, 0o755);
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'];
    const daemon = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      logFile: join(folder, 'fogd.log'),
      argv: [
        ...nobody,
        process.execPath,
        PROGRAM,
        'serve',
        '--state',
        state,
        '--dhcp',
        'proxy',
        '--interface',
        'eth0',
      ],
    });
    onTestFinished(async () => void (await daemon.stop()));
    await daemon.waitForOutput('state in');
    expect(daemon.output).toMatch(/control +running/);
    expect(daemon.output).toMatch(/tftp +failed .*CAP_NET_BIND_SERVICE/);
    expect(daemon.output).toMatch(/http +failed .*CAP_NET_BIND_SERVICE/);
    expect(daemon.output).toMatch(/dhcp +failed .*CAP_NET_(RAW|BIND_SERVICE)/);
    expect(daemon.output).not.toMatch(STACK);
    expect((await daemon.stop()).code).toBe(0);
  });

  it('refuses wrong settings with file, line, fault and mend, and starts nothing', async () => {
    const config = join(newFolder(), 'fogd.toml');
    writeFileSync(config, '[dhcp]\nmode = "on"\n[http]\nprot = 80\n');
    for (const args of [
      ['check', '--config', config],
      ['serve', '--config', config, '--state', join(folder, 'state')],
    ]) {
      const result = await run(...args);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(`${config}:2: dhcp.mode is "on": use off, proxy, server`);
      expect(result.stderr).toContain(
        `${config}:4: http.prot is not a setting: remove it, or use one of port`,
      );
      expect(result.stderr).not.toMatch(STACK);
    }
    writeFileSync(config, '[dhcp]\nmode = "off"\n');
    expect(await run('check', '--config', config)).toMatchObject({ code: 0, stdout: `${config}: OK\n` });
  });

  it('refuses a second daemon on one state folder and leaves the first alone', async () => {
    const fogd = await start({});
    const second = await run('serve', '--state', fogd.state);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/is in use by another fogd \(pid \d+\): stop that one first/);
    expect(await states(fogd)).toMatchObject({ control: 'running', http: 'running' });
  });

  it('names a state folder that cannot be written', async () => {
    const script = 'mount -t tmpfs -o ro none /mnt && exec "$@"';
    const result = await command([
      'unshare',
      '-m',
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      PROGRAM,
      'serve',
      '--state',
      '/mnt/state',
    ]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(
      /^fogd: the state folder \/mnt\/state cannot be written \(EROFS\): make it writable/,
    );
    expect(result.stderr).not.toMatch(STACK);
  });

  it.each([
    [['statu'], 2, /unknown command/],
    [['serve', '--dhcp', 'on'], 2, /Allowed choices are off, proxy, server/],
    [['host', 'show'], 2, /missing required argument/],
    [
      ['status', '--state', '/nonexistent'],
      1,
      /fogd does not run on the state folder \/nonexistent: start it with/,
    ],
  ])('the command line answers %j with exit code %i and one clear line', async (args, code, text) => {
    const result = await run(...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(text);
    expect(result.stderr).not.toMatch(STACK);
  });
});
