import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addGroup, changeMembers } from '#actions/manage-groups.js';
import { addHost } from '#actions/manage-hosts.js';
import { createProgram } from '#cli/program.js';
import { MAC, makeWorld, type World } from '../services/http/world.js';

const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
const type = (text: string) =>
  Object.defineProperty(process, 'stdin', { configurable: true, get: () => Readable.from([`${text}\n`]) });

let world: World;
let state: string;
let printed: string;
beforeEach(async () => {
  world = await makeWorld();
  state = join(world.images, '..');
  await world.api.listen({ path: join(state, 'fogd.sock') });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  await addHost(world.context, 'PC', [MAC], 'test');
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  Object.defineProperty(process, 'stdin', stdin);
  await world.close();
});

const fogd = async (...words: string[]): Promise<string> => {
  printed = '';
  await createProgram().parseAsync(['node', 'fogd', ...words, '--state', state]);
  return printed;
};

describe('fogd client', () => {
  it('changes what the modules are to do, and never shows a password', async () => {
    type('of the joiner');
    const changed = await fogd(
      ...['client', 'change', 'PC', '--join', '--domain', 'example.org', '--domain-user', 'joiner'],
      ...['--domain-password', '--enforce', 'unused'],
    );
    expect(changed).toMatch(/domain +example\.org\n/);
    expect(changed).toMatch(/password +kept\n/);
    expect(JSON.parse(await fogd('client', 'settings', 'PC', '--json'))).toMatchObject({
      enforce: false,
      joinDomain: true,
      hasDomainPassword: true,
      tellsSecrets: false,
    });
    expect(await fogd('client', 'secrets', 'PC')).toContain('password and key, now');
    expect(await fogd('client', 'change', 'PC', '--no-join', '--no-domain-password')).toMatch(
      /domain +none \(example\.org is not joined\)\n(?:.*\n)*.*password +none/,
    );
    expect(await fogd('client', 'change', 'PC', '--auto-logout', '30', '--display', '1920x1080x60')).toMatch(
      /idle +after 30 minutes\n.*1920x1080, 60 Hz/,
    );
    for (const [option, code] of [
      ['--auto-logout', 'AUTO_LOGOUT_WORD'],
      ['--display', 'DISPLAY_WORD'],
    ] as const)
      await expect(fogd('client', 'change', 'PC', option, 'soon')).rejects.toMatchObject({ code });
    await expect(fogd('client', 'change', 'PC', '--enforce', 'maybe')).rejects.toMatchObject({
      code: 'ENFORCE_WORD',
    });
  });
});

describe('fogd client set-defaults', () => {
  it('sets what hosts get that are to join a domain, and never shows the password', async () => {
    expect(await fogd('client', 'defaults')).toMatch(/^domain +none\n/);
    type('of the joiner');
    const words = ['--domain', 'example.org', '--domain-user', 'joiner', '--domain-password'];
    expect(await fogd('client', 'set-defaults', ...words)).toMatch(
      /domain +example\.org\n(?:.*\n)+password +kept/,
    );
    expect(await fogd('client', 'change', 'PC', '--join')).toMatch(/account +joiner\n.*password +kept\n/);
    await fogd('client', 'set-defaults', '--no-domain-password', '--domain', '');
    expect(JSON.parse(await fogd('client', 'defaults', '--json'))).toEqual({
      ...{ domain: '', ou: '', domainUser: 'joiner', hasDomainPassword: false },
    });
  });
});

describe('fogd power', () => {
  it('adds, lists and removes what is done by the clock, and orders at once', async () => {
    expect(await fogd('power', 'list')).toBe('nothing\n');
    expect(await fogd('power', 'add', 'PC', 'shutdown', '0 22 * * 1-5')).toBe(
      'PC: shutdown at 0 22 * * MON-FRI (number 1)\n',
    );
    expect(await fogd('power', 'list', 'PC')).toMatch(/^NUMBER .*\n1 +PC +shutdown +0 22 \* \* MON-FRI\n$/);
    expect(await fogd('power', 'now', 'PC', 'reboot')).toContain('PC: reboot, if its client polls before');
    expect(await fogd('power', 'now', 'PC', 'wol')).toBe('PC: magic packets were sent to 10.0.0.255\n');
    expect(await fogd('power', 'remove', '1')).toContain('no shutdown at 0 22 * * MON-FRI any more');
    await expect(fogd('power', 'remove', '1')).rejects.toMatchObject({ code: 'POWER_PLAN_UNKNOWN' });
    await expect(fogd('power', 'remove', 'x')).rejects.toMatchObject({ code: 'POWER_NUMBER_BAD' });
    await expect(fogd('power', 'add', 'PC', 'shutdown', '@daily')).rejects.toMatchObject({
      code: 'POWER_TIME_BAD',
    });
  });
});

describe('fogd power for a group', () => {
  const shutdown = ['shutdown', '0 20 * * 1-5', '--group', 'room-12'];
  beforeEach(async () => {
    await addHost(world.context, 'PC-2', ['02:00:00:00:00:02'], 'test');
    await addGroup(world.context, 'room-12', 'test');
    await changeMembers(world.context, 'room-12', 'join', ['PC', 'PC-2']);
  });

  it('gives each host a plan, and takes it from each', async () => {
    expect(await fogd('power', 'add', ...shutdown)).toBe(
      'PC: shutdown at 0 20 * * MON-FRI (number 1)\nPC-2: shutdown at 0 20 * * MON-FRI (number 2)\n',
    );
    expect(await fogd('power', 'remove', '--group', 'room-12', 'shutdown', '0 20 * * mon-fri')).toBe(
      'PC: no shutdown at 0 20 * * MON-FRI any more\nPC-2: no shutdown at 0 20 * * MON-FRI any more\n',
    );
    expect(process.exitCode).toBeUndefined();
    expect(await fogd('power', 'list')).toBe('nothing\n');
  });

  it('says who was refused and why, and ends with 1', async () => {
    await fogd('power', 'add', 'PC', 'shutdown', '0 20 * * 1-5');
    expect(await fogd('power', 'add', ...shutdown)).toBe(
      'PC-2: shutdown at 0 20 * * MON-FRI (number 2)\nrefused: the host PC has that already: shutdown at 0 20 * * MON-FRI: nothing needs to be done (PC)\n',
    );
    expect(process.exitCode).toBe(1);
    await fogd('power', 'remove', '1');
    process.exitCode = undefined;
    expect(JSON.parse(await fogd('power', 'remove', ...shutdown, '--json'))).toMatchObject({
      plans: [{ id: 2, host: 'PC-2' }],
      refused: [{ host: 'PC', reason: expect.stringContaining('has no shutdown at 0 20 * * MON-FRI') }],
    });
    expect(process.exitCode).toBe(1);
  });

  it.each([
    ['add'],
    ['add', 'PC', 'shutdown'],
    ['add', 'shutdown', '0 20 * * *'],
    ['add', '--group', 'room-12', 'shutdown'],
    ['add', '--group', 'room-12', 'PC', 'shutdown', '0 20 * * *'],
    ['remove', 'shutdown', '0 20 * * *'],
    ['remove', '1', '--group', 'room-12'],
    ['remove', '1', '2'],
    ['remove', 'shutdown', '--group', 'room-12'],
  ])('%s %s %s %s %s: shows the right use', async (...words) => {
    await expect(fogd('power', ...words)).rejects.toThrow(
      /^fogd: write fogd power (\w+) [A-Z ]+, or fogd power \1 --group GROUP ACTION( CRON)?/,
    );
    expect(await fogd('power', 'list')).toBe('nothing\n');
  });

  it.each([
    ['add', 'PC', 'sleep', '0 20 * * *'],
    ['add', 'sleep', '0 20 * * *', '--group', 'room-12'],
    ['remove', 'sleep', '0 20 * * *', '--group', 'room-12'],
  ])('%s %s %s %s %s: names what can be done', async (...words) => {
    await expect(fogd('power', ...words)).rejects.toMatchObject({
      code: 'POWER_ACTION_WORD',
      message: 'sleep is nothing that can be done: it can be shutdown, reboot, wol',
    });
  });
});

describe('fogd power now', () => {
  it('is for one host or for one group', async () => {
    await addGroup(world.context, 'room-12', 'test');
    await changeMembers(world.context, 'room-12', 'join', ['PC']);
    expect(await fogd('power', 'now', 'reboot', '--group', 'room-12')).toContain('PC: reboot, if its client');
    expect(await fogd('power', 'now', 'wol', '--group', 'room-12')).toContain('PC: magic packets were sent');
    expect(process.exitCode).toBeUndefined();
    await addHost(world.context, 'NEW', ['02:00:00:00:00:02'], 'test');
    await world.context.store.commit(() => world.context.hosts.change(2, { pending: true }));
    await changeMembers(world.context, 'room-12', 'join', ['NEW']);
    expect(await fogd('power', 'now', 'wol', '--group', 'room-12')).toMatch(
      /PC: magic.*\nrefused: .*\(NEW\)\n/,
    );
    expect(process.exitCode).toBe(1);
    for (const words of [['wol'], ['PC', 'wol', '--group', 'room-12'], ['--group', 'room-12']])
      await expect(fogd('power', 'now', ...words)).rejects.toMatchObject({ exitCode: 2 });
    await expect(fogd('power', 'now', 'sleep', '--group', 'room-12')).rejects.toMatchObject({
      code: 'POWER_ACTION_WORD',
    });
  });
});

describe('fogd logins', () => {
  it('shows who came and went', async () => {
    expect(await fogd('logins')).toBe('none\n');
    await world.context.store.commit(() => world.context.logins.add(1, 'bob', 'login', 0));
    expect(await fogd('logins', '--host', 'PC', '--user', 'bob')).toMatch(
      /^TIME .*\n1970-.* +PC +bob +login\n$/,
    );
    expect(JSON.parse(await fogd('logins', '--json'))).toMatchObject([{ host: 'PC', user: 'bob', at: 0 }]);
  });
});

describe('fogd printer', () => {
  it('makes, assigns, changes and removes one', async () => {
    const hall = '\\\\print\\hall';
    expect(await fogd('printer', 'list')).toBe('no printers\n');
    expect(await fogd('printer', 'add', hall, 'network')).toBe(`printer ${hall} added\n`);
    expect(await fogd('printer', 'assign', 'PC', hall, '--default', hall, '--mode', 'managed')).toMatch(
      /^PC: managed *\n {2}\\\\print\\hall +default\n$/,
    );
    expect(JSON.parse(await fogd('printer', 'of', 'PC', '--json'))).toMatchObject({ printers: [hall] });
    await fogd('printer', 'change', hall.toUpperCase(), '--description', 'by the door');
    expect(await fogd('printer', 'list')).toContain('by the door');
    expect(await fogd('printer', 'remove', hall)).toContain('removed');
    await expect(fogd('printer', 'remove', hall)).rejects.toMatchObject({ code: 'PRINTER_NAME_UNKNOWN' });
  });
});
