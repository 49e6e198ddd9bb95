/**
 * The npm package `tftp` (0.1.2) as a server: why fogd has its own (docs/adr). Each test shows what was found; if one fails, the package has
 * changed and the decision may be looked at again.
 */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../../lab/cleanup.js';
import { LabProcess } from '../../lab/process.js';
import { Probe } from '../../unit/services/tftp/probe.js';

const folder = mkdtempSync(join(tmpdir(), 'fogd-npm-tftp-'));
const cleanup = new Cleanup();
const tftp = createRequire(join(import.meta.dirname, 'npm-tftp.test.js')).resolve('tftp');
/** Each server has a port of its own: those before it run on. */
const firstPort = 25_000 + Math.floor(Math.random() * 4_900);
let runs = 0;
let probes: Probe[] = [];

beforeAll(() => {
  writeFileSync(join(folder, 'boot.efi'), 'x'.repeat(2000));
  symlinkSync('/etc/hostname', join(folder, 'link'));
});
afterEach(() => {
  for (const probe of probes) probe.close();
  probes = [];
});
afterAll(async () => {
  await cleanup.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A server as the package's own documentation shows it: no listener of one's own. */
async function startServer() {
  const port = firstPort + runs;
  const script = `
    const server = require(${JSON.stringify(tftp)}).createServer({ host: '127.0.0.1', port: ${port}, root: ${JSON.stringify(folder)} });
    server.on('listening', () => console.log('listening'));
    server.on('error', (error) => console.log('server error', error.message));
    server.listen();`;
  const server = new LabProcess(cleanup, {
    argv: [process.execPath, '-e', script],
    logFile: join(folder, `server-${++runs}.log`),
  });
  await server.waitForOutput('listening');
  const probe = async (): Promise<Probe> => {
    const opened = await Probe.open({ address: '127.0.0.1', port });
    probes.push(opened);
    return opened;
  };
  return { server, probe };
}

describe('the npm package tftp as a server', () => {
  it('ends its process when a file is missing', async () => {
    const { server, probe } = await startServer();
    await (await probe()).read('no-such-file');
    expect((await server.waitForExit()).code).not.toBe(0);
    expect(server.output).toMatch(/ENOENT|no such file|not found/i);
  });

  it('sends files from any port: there is no range to open in a firewall', async () => {
    const { probe } = await startServer();
    const ports: number[] = [];
    for (let request = 0; request < 8; request++) {
      const client = await probe();
      await client.read('boot.efi');
      ports.push((await client.hear()).from.port);
    }
    expect(new Set(ports).size).toBe(8);
    expect(Math.max(...ports) - Math.min(...ports)).toBeGreaterThan(8);
  });

  it('follows a symbolic link out of its root', async () => {
    const { probe } = await startServer();
    const client = await probe();
    await client.read('link');
    expect((await client.hear()).packet).toMatchObject({ kind: 'data', block: 1 });
  });

  it('does not know an option in capitals (RFC 2347: any letter case)', async () => {
    const { probe } = await startServer();
    const client = await probe();
    await client.read('boot.efi', [{ name: 'TSIZE', value: '0' }]);
    expect((await client.hear()).packet).toMatchObject({ kind: 'data', block: 1 });
  });
});
