import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createProgram } from '#cli/program.js';

let folder: string;
const config = () => join(folder, 'fogd.toml');
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-ports-'));
  writeFileSync(config(), '[http]\nport = 8080\n[https]\nenabled = false\n[nfs]\nenabled = false\n');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** What the command printed, or the mistake that it was told. */
async function ports(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  let code = 0;
  try {
    await createProgram().parseAsync(['node', 'fogd', 'ports', '--config', config(), ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode;
  }
  vi.restoreAllMocks();
  return { out: out.join(''), err: err.join(''), code };
}

describe('fogd ports', () => {
  it('reads the settings of the file, and of the command line over them', async () => {
    const { out } = await ports('--dhcp', 'proxy', '--interface', 'eth0');
    expect(out).toMatch(/^8080 +tcp +4, 6 +machine, admin +server +yes /m);
    expect(out).toMatch(/^4011 +udp /m);
    expect(out).not.toMatch(/^2049 /m);
  });

  it('prints the rows as JSON', async () => {
    const rows = JSON.parse((await ports('--json')).out) as { name: string; toPorts: object }[];
    expect(rows.find(({ name }) => name === 'http')).toMatchObject({
      from: ['machine', 'admin'],
      to: 'server',
      protocol: 'tcp',
      toPorts: { first: 8080, last: 8080 },
      setting: 'http.port',
    });
  });

  it('prints only what a firewall between sees', async () => {
    const { out } = await ports('--json', '--helper', '--between', '10.1.0.0/16', '10.0.0.5');
    expect((JSON.parse(out) as { name: string }[]).map(({ name }) => name)).toEqual([
      'tftp-requests',
      'http',
    ]);
  });

  it('prints rules', async () => {
    expect((await ports('--format', 'nftables')).out).toContain('policy accept;');
    expect((await ports('--format', 'nftables', '--drop-rest')).out).toContain('tcp dport { 22 }');
    expect((await ports('--format', 'nftables', '--drop-rest', '2222,22')).out).toContain('{ 2222, 22 }');
    const between = ['--between', '10.1.0.0/16', '10.0.0.5', 'fd00:1::/64', 'fd00::5'];
    const { out } = await ports('--format', 'nftables', ...between);
    expect(out).toContain('ip saddr 10.1.0.0/16 ip daddr 10.0.0.5 tcp dport 8080');
    expect(out).toContain('ip6 saddr fd00:1::/64 ip6 daddr fd00::5 tcp dport 8080');
  });

  it.each<[string, RegExp]>([
    ['--between 10.1.0.0/16', /needs pairs: .* --between 10\.1\.0\.0\/16 10\.0\.0\.5/],
    ['--between 10.1.0.0/16 10.0.0.5 10.2.0.0/16', /needs pairs/],
    ['--between 10.1.2.3/16 10.0.0.5', /the network is 10\.1\.0\.0\/16/],
    ['--between 10.1.0.0/33 10.0.0.5', /e\.g\. 10\.1\.0\.0\/16/],
    ['--between clients server', /e\.g\. 10\.1\.0\.0\/16/],
    ['--between 10.1.0.0/16 fe80::1%eth0', /IPv4 or IPv6 network or address is needed/],
    ['--between 10.1.0.0/16 fd00::5', /make pairs of one family/],
    ['--between 10.1.0.0/16 10.0.0.0/24', /one address of this server/],
    ['--between 10.1.0.0/16 10.1.0.5', /is inside 10\.1\.0\.0\/16/],
    ['--between 10.1.0.0/16 10.0.0.5 --format nftables --drop-rest', /leave it out/],
    ['--helper', /add --between/],
    ['--drop-rest', /add --format nftables/],
    ['--format nftables --drop-rest ssh', /e\.g\. 22,8443/],
    ['--format nftables --drop-rest 0', /e\.g\. 22,8443/],
    ['--format nftables --drop-rest 22,', /e\.g\. 22,8443/],
    ['--format nftables --json', /leave out --json/],
    ['--format iptables', /Allowed choices are table, nftables/],
    ['everything', /too many arguments/],
  ])('%s: one line with the mend', async (args, mend) => {
    const { out, err, code } = await ports(...args.split(' '));
    expect(out).toBe('');
    expect(err).toMatch(mend);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(code).not.toBe(0);
  });
});
