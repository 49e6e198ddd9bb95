import { describe, expect, it } from 'vitest';
import { defaultScript } from '#boot/default-ipxe.js';
import { type Dialect, parseBootRequest } from '#boot/request.js';
import { type BootScriptInput, bootScript, problemScript } from '#boot/script.js';
import type { Host } from '#domain/host.js';
import type { Image } from '#domain/image.js';
import { FOG_ENTRIES } from '#domain/menu.js';
import { type TaskKey, taskTypeByKey } from '#domain/task-type.js';
import { loadSettings } from '#settings/load.js';
import { expectGolden } from '../golden.js';

const { boot: settings, images, tasks } = loadSettings(undefined);
const type = (key: TaskKey) => taskTypeByKey(key);
const server = { scheme: 'http', host: '10.0.0.1', ip: '10.0.0.1' } as const;
const request = (dialect: Dialect, platform = 'pcbios') =>
  parseBootRequest(
    new Map([
      ['mac0', '00:11:22:33:44:55'],
      ['platform', platform],
    ]),
    dialect,
  );
const host: Host = {
  id: 1,
  name: 'lab-pc-01',
  description: '',
  pending: false,
  createdAt: 0,
  createdBy: 'test',
  macs: [
    { mac: '00:11:22:33:44:55', primary: true, pending: false, imageIgnore: false, clientIgnore: false },
  ],
  kernel: '',
  init: '',
  kernelArgs: '',
  biosExit: '',
  efiExit: '',
  imageId: null,
  deployedAt: null,
  disk: '',
  productKey: '',
};
const image: Image = {
  id: 7,
  name: 'Windows 10 Base',
  path: 'win10base',
  type: 'n',
  osId: 9,
  format: 5,
  compress: null,
  partitionType: 'all',
  enabled: true,
  protected: false,
  generation: 1,
  capturedAt: 0,
  clientBytes: 0,
  serverBytes: 0,
  createdAt: 0,
  createdBy: 'test',
};
const session = {
  token: '0123456789abcdef0123456789abcdef',
  storage: { host: '10.0.0.1', path: '/t/12/' },
} as const;
const inventory = { type: type('inventory'), shutdown: false };
const input = (
  extra: Partial<BootScriptInput> = {},
  dialect: Dialect = 'form',
  platform?: string,
): BootScriptInput => ({
  request: request(dialect, platform),
  server,
  settings,
  registrationEnabled: true,
  entries: FOG_ENTRIES,
  images: { ...images, ...tasks },
  session,
  ...extra,
});

describe('boot script', () => {
  it.each<[string, BootScriptInput]>([
    ['unregistered-bios-form', input()],
    ['unregistered-bios-query', input({}, 'query')],
    ['unregistered-efi-query', input({}, 'query', 'efi')],
    ['registered-bios-form', input({ host })],
    ['registered-efi-query', input({ host }, 'query', 'efi')],
    ['pending-bios-form', input({ host: { ...host, pending: true } })],
    ['inventory-task-form', input({ host, task: inventory })],
    ['inventory-task-query', input({ host, task: inventory }, 'query', 'efi')],
    [
      'deploy-form',
      input({
        host,
        task: { type: type('deploy'), shutdown: true, image },
      }),
    ],
    [
      'capture-query',
      input(
        {
          host,
          task: { type: type('capture'), shutdown: false, image },
          session: { ...session, storage: { ...session.storage, path: '/t/dev/12/' } },
        },
        'query',
      ),
    ],
    ['registration-off', input({ registrationEnabled: false })],
  ])('%s is as its golden', (name, given) => {
    expectGolden(`test/fixtures/boot-scripts/${name}.ipxe`, bootScript(given).text);
  });

  it('default.ipxe is as its golden', () => {
    expectGolden(
      'test/fixtures/boot-scripts/default.ipxe',
      defaultScript('http://10.0.0.1/fog/service/ipxe/boot.php'),
    );
  });

  it('gives a task to an approved host only', () => {
    expect(bootScript(input({ host: { ...host, pending: true }, task: inventory })).kind).toBe(
      'menu-pending',
    );
  });

  it('never lets the query dialect use what stock iPXE lacks', () => {
    const { text } = bootScript(input({}, 'query'));
    expect(text).not.toMatch(/^(params|param|colour|cpair|console|cpuid)\b/m);
  });

  it('uses the exit type, kernel, init and arguments of the host', () => {
    const special = {
      ...host,
      efiExit: 'reboot',
      kernel: 'bzImage-6.6',
      init: 'init-new.xz',
      kernelArgs: 'acpi=off x=$(id)',
    };
    const { text } = bootScript(input({ host: special }, 'query', 'efi'));
    expect(text).toContain('\n:fog.local\nreboot || goto MENU\n');
    expect(text).toContain('\nkernel bzImage-6.6 loglevel=4 initrd=init-new.xz ');
    expect(text).toContain(' acpi=off ');
    expect(text).not.toContain('$(id)');
  });

  it.each(['../../etc/passwd', 'http://evil/x', 'a b', '${x}'])('ignores the kernel name %s', (kernel) => {
    expect(bootScript(input({ host: { ...host, kernel } })).text).toContain('\nkernel bzImage ');
  });

  it.each(['pc ${reboot}', 'a\nreboot', 'a || reboot', 'x # y', '"q"', 'a\u2028b', '`id`'])(
    'cannot be injected with a host named %j',
    (name) => {
      const { text } = bootScript(input({ host: { ...host, name } }));
      const plain = bootScript(input({ host: { ...host, name: 'pc' } })).text;
      expect(text.split('\n')).toHaveLength(plain.split('\n').length);
      expect(text).toMatch(/^item --gap Host is registered as [A-Za-z0-9 .,:;()@+=!?/%_-]+!$/m);
      expect(bootScript(input({ host: { ...host, name }, task: inventory })).text).not.toContain('reboot');
    },
  );

  it('keeps a kernel line that Linux would cut or panic on from being sent', () => {
    const many = Array.from({ length: 40 }, (_, index) => `word${index}=1`).join(' ');
    expect(() => bootScript(input({ host: { ...host, kernelArgs: many } }))).toThrow(
      /words that Linux does not know/,
    );
    const long = Array.from({ length: 20 }, (_, index) => `a.b${index}=${'x'.repeat(100)}`).join(' ');
    expect(() => bootScript(input({ host: { ...host, kernelArgs: long } }))).toThrow(/bytes long/);
  });

  it('of a problem shows it and goes on to the disk', () => {
    expect(problemScript('no `MAC` ${here}\nreboot', { request: request('query', 'efi'), settings })).toBe(
      '#!ipxe\necho fogd: no _MAC_ __here__reboot\necho Going on to the hard disk in 15 seconds.\nsleep 15\nexit 1\n',
    );
  });
});

describe('boot request', () => {
  it('takes the union of all MAC fields, the booting one first', () => {
    const fields = new Map([
      ['mac0', '00-11-22-33-44-55'],
      ['macboot', 'AA:BB:CC:00:00:01'],
      ['mac1', '00:11:22:33:44:55|junk|02:00:00:00:00:09'],
    ]);
    const macs = parseBootRequest(fields, 'form').macs;
    expect(macs).toEqual(['aa:bb:cc:00:00:01', '00:11:22:33:44:55', '02:00:00:00:00:09']);
  });

  it('looks at a bounded number of MACs', () => {
    const list = Array.from(
      { length: 10_000 },
      (_, n) =>
        `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
    );
    expect(parseBootRequest(new Map([['mac0', list.join('|')]]), 'form').macs.length).toBeLessThanOrEqual(32);
  });

  it.each([
    ['x86_64', 'x86_64'],
    ['i386', 'i386'],
    ['arm64', 'arm64'],
    ['', 'x86_64'],
    ['sparc', 'x86_64'],
  ])('reads arch %j as %s', (arch, expected) => {
    expect(parseBootRequest(new Map([['arch', arch]]), 'form').arch).toBe(expected);
  });
});
