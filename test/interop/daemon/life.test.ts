import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork, SERVER_IPV4 } from '../../lab/network.js';
import { command, LabProcess, mustRun } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/** Start, stop, kill: what a service manager and a power cut do to the daemon. */

let network: LabNetwork;

beforeAll(async () => {
  network = await LabNetwork.create();
  await network.addHost('pc', { address: 10 });
});
afterAll(() => network.close());

const curl = (...args: string[]) =>
  command(['ip', 'netns', 'exec', network.host('pc').namespace, 'curl', '-sS', '--max-time', '20', ...args]);

describe('life of the daemon', () => {
  it('keeps every acknowledged registration over kill -9', async () => {
    const options = { network, folder: network.folder, settings: {} };
    const first = await FogdUnderTest.start(options);
    const names: string[] = [];
    for (let n = 1; n <= 5; n++) {
      const mac = Buffer.from(`02:00:00:00:00:0${n}\n`).toString('base64');
      const { stdout } = await curl(
        '--data',
        `mac=${mac}`,
        `http://${SERVER_IPV4}/fog/service/auto.register.php`,
      );
      expect(stdout).toBe('Done');
      names.push(`02000000000${n}`);
    }
    await first.kill();
    const again = await FogdUnderTest.start(options);
    const hosts = JSON.parse(await again.cli('host', 'list', '--json')) as Array<{ name: string }>;
    expect(hosts.map(({ name }) => name)).toEqual(names);
    await again.stop();
  });

  it('on a full disk acknowledges nothing, keeps serving, and goes on when there is space again', async () => {
    const script = 'mount -t tmpfs -o size=3m none /mnt && exec "$@"';
    const serve = [
      process.execPath,
      inRepository('dist', 'src', 'cli', 'fogd.js'),
      'serve',
      '--state',
      '/mnt/state',
    ];
    const daemon = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      logFile: join(network.folder, 'full.log'),
      argv: ['unshare', '-m', 'sh', '-c', script, 'sh', ...serve],
    });
    onTestFinished(async () => void (await daemon.stop()));
    await daemon.waitForOutput('state in');
    const reader = new LabProcess(network.cleanup, {
      argv: [
        ...['nsenter', '--mount', '--target', String(daemon.pid), process.execPath],
        ...[join(import.meta.dirname, 'log-holder.js'), '/mnt/state/fogd.sqlite'],
      ],
      logFile: join(network.folder, 'log-holder.log'),
    });
    await reader.waitForOutput('held');
    const filler = `/proc/${daemon.pid}/root/mnt/filler`;
    await command(['dd', 'if=/dev/zero', `of=${filler}`, 'bs=4k']);
    const register = async (n: number) => {
      const mac = Buffer.from(`02:00:00:00:01:${n.toString(16).padStart(2, '0')}\n`).toString('base64');
      return (await curl('--data', `mac=${mac}`, `http://${SERVER_IPV4}/fog/service/auto.register.php`))
        .stdout;
    };
    // What the log has room for still goes through; then it is full.
    const answers: string[] = [];
    while (answers.length < 100 && !answers.at(-1)?.startsWith('fogd:'))
      answers.push(await register(answers.length));
    expect(answers.at(-1)).toContain('the disk is full');
    expect(
      (await curl(`http://${SERVER_IPV4}/fog/service/ipxe/boot.php?mac0=02:00:00:00:01:ff`)).stdout,
    ).toContain('NOT registered');
    const asked = ['--state', `/proc/${daemon.pid}/root/mnt/state`];
    const cli = (...args: string[]) =>
      command([process.execPath, inRepository('dist', 'src', 'cli', 'fogd.js'), ...args, ...asked]);
    const bootFile = join(network.folder, 'loader.efi');
    writeFileSync(bootFile, Buffer.alloc(100_000));
    const writes = [
      ['host', 'add', 'full', '02:00:00:00:01:fe'],
      ['group', 'add', 'full'],
      ['menu', 'add', 'full', 'x', '--kernel-args', 'y'],
      ['bootfile', 'add', bootFile],
      ['backup', join(network.folder, 'full.tar')],
    ];
    for (const write of writes) {
      const { code, stderr } = await cli(...write);
      expect({ write, code, stderr }).toEqual({
        ...{ write, code: 1 },
        stderr: expect.stringMatching(/^fogd: [^\n]*full[^\n]*\n$/) as string,
      });
    }
    expect((await cli('status')).stdout).toContain('disk of state and images');
    await reader.stop();
    rmSync(filler);
    expect(await register(200)).toBe('Done');
    expect((await cli('group', 'list', '--json')).stdout).toBe('[]\n');
    const { stdout } = await curl(`http://${SERVER_IPV4}/fog/service/ipxe/boot.php?mac0=02:00:00:00:01:c8`);
    expect(stdout).toContain('Host is registered as 0200000001c8!');
    expect((await daemon.stop()).code).toBe(0);
  });

  it('lets a running download finish after SIGTERM, then exits with 0', async () => {
    const folder = join(network.folder, 'drain');
    const imagingOs = join(folder, 'os');
    mkdirSync(imagingOs, { recursive: true });
    writeFileSync(join(imagingOs, 'bzImage'), Buffer.alloc(30_000_000, 1));
    const fogd = await FogdUnderTest.start({ network, folder, settings: {}, imagingOs });
    const target = join(folder, 'got');
    const url = `http://${SERVER_IPV4}/fog/service/ipxe/bzImage`;
    const download = curl('--limit-rate', '15M', '-o', target, url);
    await expect
      .poll(() => statSync(target, { throwIfNoEntry: false })?.size ?? 0, { interval: 20 })
      .toBeGreaterThan(0);
    const stopped = fogd.stop();
    expect((await download).code).toBe(0);
    expect(statSync(target).size).toBe(30_000_000);
    await stopped;
    expect((await curl('-o', '/dev/null', url)).code).toBe(7);
  });

  it('tells systemd when it is ready and when it stops', async () => {
    const socket = join(network.folder, 'notify');
    const listener = new LabProcess(network.cleanup, {
      logFile: join(network.folder, 'notify.log'),
      argv: ['socat', '-u', `UNIX-RECV:${socket}`, '-'],
    });
    await expect.poll(() => statSync(socket, { throwIfNoEntry: false })?.isSocket()).toBe(true);
    const daemon = new LabProcess(network.cleanup, {
      namespace: network.server.namespace,
      logFile: join(network.folder, 'notified.log'),
      argv: [
        process.execPath,
        inRepository('dist', 'src', 'cli', 'fogd.js'),
        'serve',
        '--state',
        join(network.folder, 'n'),
      ],
      env: { NOTIFY_SOCKET: socket },
    });
    onTestFinished(async () => void (await daemon.stop()));
    await listener.waitForOutput('READY=1');
    expect((await daemon.stop()).code).toBe(0);
    await listener.waitForOutput('STOPPING=1');
    await listener.stop();
  });

  it('says at the start how DHCP is turned on, and keeps it off until then', async () => {
    const folder = join(network.folder, 'screen');
    mkdirSync(folder);
    const fogd = await FogdUnderTest.start({ network, folder, settings: {} });
    expect(fogd.log).toContain('npm start -- --dhcp proxy --interface eth0');
    const sockets = await mustRun(['ip', 'netns', 'exec', network.server.namespace, 'ss', '-Hlunp']);
    expect(sockets).not.toMatch(/:(67|68|4011)\s/);
    await fogd.stop();
  });
});
