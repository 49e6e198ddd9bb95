import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createProgram } from '#cli/program.js';
import { repository } from './golden.js';

const unit = readFileSync(new URL('systemd/fogd.service', repository), 'utf8');
const values = (key: string) =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map((match) => match[1]);

describe('fogd.service', () => {
  it('runs unprivileged with the two capabilities of design section 7 and no other', () => {
    expect(values('User')).toEqual(['fogd']);
    for (const key of ['AmbientCapabilities', 'CapabilityBoundingSet']) {
      expect(values(key)).toEqual(['CAP_NET_BIND_SERVICE CAP_NET_RAW']);
    }
    expect(values('NoNewPrivileges')).toEqual(['yes']);
  });

  it('keeps its state to itself', () => {
    expect([values('StateDirectory'), values('StateDirectoryMode'), values('UMask')]).toEqual([
      ['fogd'],
      ['0700'],
      ['0077'],
    ]);
  });

  it('waits for readiness and for signs of life, and restarts after a crash', () => {
    expect([values('Type'), values('WatchdogSec'), values('Restart')]).toEqual([
      ['notify'],
      ['30'],
      ['on-failure'],
    ]);
  });

  it('uses commands and options that exist', () => {
    const program = createProgram();
    for (const line of [...values('ExecStart'), ...values('ExecStartPre')]) {
      const [, name = '', ...rest] = (line ?? '').split(/\s+/).slice(1);
      const command = program.commands.find((one) => one.name() === name);
      expect(command, name).toBeDefined();
      const options = rest.filter((word) => word.startsWith('--'));
      for (const option of options) expect(command?.options.map(({ long }) => long)).toContain(option);
    }
  });
});

describe('fogd-nfs.service', () => {
  const read = (name: string) => readFileSync(new URL(`systemd/${name}`, repository), 'utf8');
  const value = (text: string, key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];

  it('runs as the same user, with the three capabilities that ganesha needs and no other', () => {
    const nfs = read('fogd-nfs.service');
    const capabilities = 'CAP_DAC_READ_SEARCH CAP_SETUID CAP_SETGID';
    expect([value(nfs, 'User'), value(nfs, 'NoNewPrivileges')]).toEqual(['fogd', 'yes']);
    for (const key of ['AmbientCapabilities', 'CapabilityBoundingSet'])
      expect(value(nfs, key)).toBe(capabilities);
    expect([
      value(read('fogd-nfs-bus.service'), 'User'),
      value(read('fogd-nfs-bus.service'), 'CapabilityBoundingSet'),
    ]).toEqual(['fogd', '']);
  });

  it('starts after fogd, which writes its configuration, and after its bus listens', () => {
    for (const name of ['fogd-nfs.service', 'fogd-nfs-bus.service'])
      expect(value(read(name), 'After')).toMatch(/\bfogd\.service\b/);
    expect(value(read('fogd-nfs.service'), 'After')).toContain('fogd-nfs-bus.service');
    expect(value(read('fogd-nfs-bus.service'), 'Type')).toBe('notify');
  });

  it('does not make the file system read-only: by handle it could not be written then', () => {
    expect(value(read('fogd-nfs.service'), 'ProtectSystem')).toBe('full');
    expect(value(read('fogd-nfs.service'), 'ReadOnlyPaths')).toBeUndefined();
  });

  it('uses the files that fogd writes below its state folder', () => {
    const service = readFileSync(new URL('services/nfs/service.ts', repository), 'utf8');
    for (const file of ['bus.conf', 'bus.sock', 'ganesha.conf', 'ganesha.log', 'ganesha.pid']) {
      expect(service).toContain(`'${file}'`);
      expect(read('fogd-nfs.service') + read('fogd-nfs-bus.service')).toContain(`/var/lib/fogd/nfs/${file}`);
    }
  });
});
