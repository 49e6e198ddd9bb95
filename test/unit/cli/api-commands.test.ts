import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addHost, addMac, changeHost, findHost } from '#actions/manage-hosts.js';
import { createTask } from '#actions/manage-tasks.js';
import { listAll } from '#cli/client.js';
import { type ApiEvent, eventLine } from '#cli/events.js';
import { SORTS } from '#cli/list.js';
import { createProgram } from '#cli/program.js';
import { FolderCopy } from '#images/folder-copy.js';
import { TraceRepository } from '#store/trace.js';
import { makeFilledWorld } from '../services/http/filled-world.js';
import { writeSmallImage } from '../services/http/small-image.js';
import { MAC, makeWorld, type World } from '../services/http/world.js';

let world: World;
let state: string;
let printed: string;
beforeEach(async () => {
  world = await makeWorld();
  state = join(world.images, '..');
  await world.api.listen({ path: join(state, 'fogd.sock') });
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await world.close();
});

const fogd = async (...words: string[]): Promise<string> => {
  printed = '';
  await createProgram().parseAsync(['node', 'fogd', ...words, '--state', state]);
  return printed;
};

describe('the command line', () => {
  it('makes a token, shows it once, lists and removes it', async () => {
    const made = await fogd('token', 'add', 'sync', '--scope', 'tasks:write', '--scope', 'hosts:read');
    const [token = ''] = made.split('\n');
    expect(token).toMatch(/^fogd_[\w-]{43}$/);
    const answer = await world.app.inject({
      url: '/api/v1/hosts',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.statusCode).toBe(200);
    const list = await fogd('token', 'list');
    expect(list).toMatch(
      /^NAME +SCOPES +EXPIRES +LAST USED +MADE\nsync +tasks:write hosts:read +never +2026-/,
    );
    expect(list).not.toContain(token);
    expect(await fogd('token', 'remove', 'sync')).toBe('token sync removed\n');
    expect(await fogd('token', 'list')).toBe('no tokens\n');
  });

  it.each([
    ['--scope', 'everything'],
    ['--scope', '*', '--expires', 'soon'],
    ['--scope', '*', '--expires', '0d'],
    [],
  ])('makes no token for %s %s %s %s', async (...options) => {
    await expect(fogd('token', 'add', 'sync', ...options)).rejects.toMatchObject({ name: 'CommanderError' });
    expect(world.context.tokens.page({}).total).toBe(0);
  });

  it('makes a token that expires', async () => {
    const before = Date.now();
    await fogd('token', 'add', 'sync', '--scope', '*', '--expires', '90d');
    const expires = world.context.tokens.byName('sync')?.expiresAt ?? 0;
    expect(expires - before).toBeGreaterThanOrEqual(90 * 86_400_000);
    expect(expires - before).toBeLessThan(90 * 86_400_000 + 60_000);
  });

  it('lists who changed what', async () => {
    expect(await fogd('audit', 'list')).toBe('nothing was changed\n');
    await fogd('host', 'add', 'pc', MAC);
    await fogd('group', 'add', 'room');
    const lines = (await fogd('audit', 'list')).trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^[\d-]+ [\d:]+ +/, '').replaceAll(/ +/g, ' '))).toEqual([
      'TIME WHO DID TO WITH',
      'cli group-added room name=room',
      `cli host-added pc name=pc macs=${MAC}`,
    ]);
    expect(await fogd('audit', 'list', '--search', 'room', '--json')).toContain('"subject": "room"');
    expect(await fogd('audit', 'list', '--actor', 'token:x')).toBe('nothing was changed\n');
  });

  it('lists, shows and ends boot sessions', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    const machine = await world.boot();
    expect(await fogd('session', 'list')).toBe('no machine is at work\n');
    await machine.head();
    expect(await fogd('session', 'list')).toMatch(/^1 +plain +pc +00:11:22:33:44:55 .*open/m);
    expect(await fogd('session', 'show', '1')).toContain('task           1\n');
    expect(await fogd('session', 'end', '1')).toBe('session 1 of pc: ended\n');
    await expect(fogd('session', 'end', '1')).rejects.toMatchObject({ code: 'SESSION_OVER' });
    await expect(fogd('session', 'end', 'x')).rejects.toMatchObject({ code: 'SESSION_NUMBER_BAD' });
    await expect(fogd('session', 'show', '9')).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' });
    expect(world.exports.size).toBe(0);
    expect(world.context.tasks.page({ active: true }).total).toBe(1);
  });

  it('approves a MAC address that a machine reported', async () => {
    const second = '02:00:00:00:00:02';
    await addHost(world.context, 'pc', [MAC, second], 'test');
    await addMac(world.context, 'pc', second, { pending: true });
    const isPending = () => findHost(world.context, 'pc').macs.find(({ mac }) => mac === second)?.pending;
    expect(isPending()).toBe(true);
    await fogd('host', 'mac', 'pc', second, '--approve');
    expect(isPending()).toBe(false);
  });

  it('bug: a host, and a MAC address, that wait for approval looked like all others', async () => {
    const [second, third] = ['02:00:00:00:00:02', '02:00:00:00:00:03'];
    await addHost(world.context, 'pc', [MAC, second, third], 'test');
    await changeHost(world.context, 'pc', { pending: true });
    await addMac(world.context, 'pc', second, { pending: true });
    await addMac(world.context, 'pc', third, { imageIgnore: true, clientIgnore: true });
    const shown = await fogd('host', 'show', 'pc');
    expect(shown).toMatch(/^approval +it registered itself, and waits for: fogd host change --approve$/m);
    expect(shown).toContain(
      `${MAC} ${second} (waits for approval) ${third} (not for imaging, not for its FOG Client)`,
    );
  });

  it('fetches all pages of a list', async () => {
    const { store, hosts } = world.context;
    await store.commit(() => {
      for (let number = 0; number < 10_003; number++) {
        const hex = number.toString(16).padStart(4, '0');
        const mac = `02:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
        hosts.add({ name: `pc${number}`, description: '', createdAt: 0, createdBy: 'test', macs: [mac] });
      }
    });
    const all = await listAll<{ name: string }>(state, '/hosts');
    expect(new Set(all.map(({ name }) => name)).size).toBe(10_003);
    expect(await listAll(state, '/hosts', { q: 'pc1000', pending: undefined })).toHaveLength(4);
  });

  it('shows how far an upload is: on a terminal, and not to a program', async () => {
    const file = join(state, 'setup.exe');
    writeFileSync(file, Buffer.alloc(300_000));
    const shown = vi.mocked(process.stderr.write);
    const before = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
    Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
    try {
      await fogd('snapin', 'add', file, '--name', 'one', '--json');
      expect(shown.mock.calls).toEqual([]);
      await fogd('snapin', 'add', file, '--name', 'two');
      expect(shown.mock.calls.join('')).toMatch(/\[#+-*\] \d+ %, [\d.]+ kB of 300\.0 kB/);
    } finally {
      if (before) Object.defineProperty(process.stderr, 'isTTY', before);
      else Reflect.deleteProperty(process.stderr, 'isTTY');
    }
    shown.mockClear();
    Object.defineProperty(process.stderr, 'isTTY', { value: false, configurable: true });
    await fogd('snapin', 'add', file, '--name', 'three');
    expect(shown.mock.calls).toEqual([]);
  });

  it('shows how far a download of fogd is: on a terminal, until it is there or failed', async () => {
    let isFailing = false;
    let seen: () => void = () => undefined;
    const onceSeen = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const shown = vi.mocked(process.stderr.write).mockImplementation((text) => {
      if (String(text).includes('%')) seen();
      return true;
    });
    Object.assign(world.context, {
      download: async function* (_url: string, tell: (bytes: number) => void) {
        tell(200_000);
        yield Buffer.alloc(50_000);
        // No more before somebody saw it.
        await onceSeen;
        if (isFailing) throw new Error('the line is cut');
        yield Buffer.alloc(150_000);
      },
    });
    const before = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
    Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
    try {
      expect(await fogd('bootfile', 'add', 'http://files.example/bzImage', '--as', '7')).toContain(
        '1 file taken',
      );
      expect(shown.mock.calls.join('')).toMatch(/bzImage \[#{8}-{22}\] 25 %, 50\.0 kB of 200\.0 kB/);
      isFailing = true;
      await expect(fogd('bootfile', 'add', 'http://files.example/init.xz')).rejects.toThrow();
    } finally {
      if (before) Object.defineProperty(process.stderr, 'isTTY', before);
      else Reflect.deleteProperty(process.stderr, 'isTTY');
    }
    expect(world.context.arrivals.list()).toEqual([]);
  });

  it('shows how far an import is: on a terminal, until it is there, and not to a program', async () => {
    const from = (name: string) => {
      writeSmallImage(join(state, name));
      return join(state, name);
    };
    const shown = vi.mocked(process.stderr.write);
    const { into } = FolderCopy.prototype;
    let isSeen = (): boolean => true;
    vi.spyOn(FolderCopy.prototype, 'into').mockImplementation(async function (this: FolderCopy, to) {
      await into.call(this, to);
      // Not in its place before somebody saw it.
      await vi.waitFor(() => expect(isSeen()).toBe(true), { interval: 5, timeout: 10_000 });
    });
    const before = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
    Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
    try {
      await fogd('image', 'import', from('one'), '--json');
      expect(shown.mock.calls).toEqual([]);
      isSeen = () => shown.mock.calls.join('').includes('%');
      expect(await fogd('image', 'import', from('two'), '--name', 'second')).toContain(
        'imported second: mps',
      );
      expect(shown.mock.calls.join('')).toMatch(/two \[#{30}\] 100 %, ([\d.]+ kB) of \1/);
    } finally {
      if (before) Object.defineProperty(process.stderr, 'isTTY', before);
      else Reflect.deleteProperty(process.stderr, 'isTTY');
    }
    shown.mockClear();
    isSeen = () => true;
    Object.defineProperty(process.stderr, 'isTTY', { value: false, configurable: true });
    await fogd('image', 'import', from('three'));
    expect(shown.mock.calls).toEqual([]);
  });

  it('searches, sorts and limits every list in the same way', async () => {
    for (const [name, mac] of [
      ['lab-1', '02:00:00:00:00:01'],
      ['lab-2', '02:00:00:00:00:02'],
      ['office', '02:00:00:00:00:03'],
    ] as const)
      await addHost(world.context, name, [mac], 'test');
    const names = async (...words: string[]) =>
      (JSON.parse(await fogd('host', 'list', '--json', ...words)) as { name: string }[]).map(
        ({ name }) => name,
      );
    expect(await names('--search', 'LAB')).toEqual(['lab-1', 'lab-2']);
    expect(await names('--sort', '-name')).toEqual(['office', 'lab-2', 'lab-1']);
    expect(await names('--sort=-name', '--limit', '2')).toEqual(['office', 'lab-2']);
    expect(await names('--limit', '0')).toHaveLength(3);
    for (const noun of [
      'group',
      'image',
      'task',
      'session',
      'menu',
      'lease',
      'bootfile',
      'snapin',
      'user',
      'token',
      'printer',
      'power',
      'node',
      'audit',
    ])
      expect(
        JSON.parse(await fogd(noun, 'list', '--json', '--search', 'n\u00f6thing', '--limit', '3')),
      ).toEqual([]);
  });

  it('offers what the API can sort by, in every list', async () => {
    const document = (await world.api.inject('/api/openapi.json')).json() as {
      paths: Record<string, { get?: { parameters: { name: string; schema: { enum?: string[] } }[] } }>;
    };
    const sorts = Object.entries(document.paths).flatMap(([path, { get }]) => {
      const fields = get?.parameters.find(({ name }) => name === 'sort')?.schema.enum;
      return fields === undefined
        ? []
        : [[path.split('/').at(-1), fields.filter((one) => !one.startsWith('-'))]];
    });
    expect({ ...SORTS, trace: ['at'] }).toEqual(Object.fromEntries(sorts));
    const lists = createProgram().commands.flatMap(({ commands }) =>
      commands.filter((one) => one.name() === 'list'),
    );
    expect(lists).toHaveLength(15);
    for (const { options, parent } of lists)
      expect([parent?.name(), options.map(({ long }) => long)]).toEqual([
        parent?.name(),
        expect.arrayContaining(['--search', '--sort', '--limit']),
      ]);
  });

  it('prints live events until fogd stops', async () => {
    const following = fogd('events', '--json', '--topics', 'hosts');
    const ended = expect(following).rejects.toMatchObject({ code: 'EVENTS_ENDED' });
    // Until it listens, nobody is told.
    while (printed === '') {
      await world.context.store.commit(() =>
        world.store.changed({ kind: 'host', id: 1, what: 'removed', name: 'pc' }),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    await world.api.close();
    await ended;
    expect(JSON.parse(printed.split('\n')[0] ?? '')).toMatchObject({
      topic: 'hosts',
      data: { change: 'removed', host: { name: 'pc' } },
    });
  });
});

describe('what follows', () => {
  const record = (event: string, mac: string, last: number) => ({
    ...{ service: 'dhcp' as const, event, outcome: 'answered' as const, who: { mac }, reasons: [] },
    ...{ at: last, last, count: 1 },
  });
  /** Until this was printed; by then whoever prints it listens. */
  const until = async (text: string, again: () => void = () => undefined) => {
    while (!printed.includes(text)) {
      again();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const ends = (following: Promise<string>) =>
    expect(following).rejects.toMatchObject({ code: 'EVENTS_ENDED' });

  it('the story of a machine is what happens to it next, and nothing of others', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    await world.context.store.commit(() =>
      new TraceRepository(world.store).append([record('discover', MAC, 1000)]),
    );
    const following = ends(fogd('trace', 'pc', '--follow'));
    await until('Boot of 1970');
    const { events } = world.apiOptions;
    events.trace(record('discover', MAC, 1000));
    events.trace(record('discover', '02:00:00:00:00:99', 2000));
    events.trace(record('offer', MAC, 3000));
    await until(`trace  ${MAC} `);
    await world.api.close();
    await following;
    const after = printed.split('\n').filter((line) => line.includes(' trace '));
    expect(after).toHaveLength(1);
    expect(after[0]).toMatch(
      /^1970-01-01 \d\d:\d\d:03 trace {2}00:11:22:33:44:55 asked for an address; offered/,
    );
  });

  it('all machines are told of as JSON, one object a line', async () => {
    const following = ends(fogd('trace', '--follow', '--json'));
    const { events } = world.apiOptions;
    await until('\n', () => events.trace(record('offer', MAC, 3000)));
    await world.api.close();
    await following;
    expect(JSON.parse(printed.split('\n')[0] ?? '')).toEqual(record('offer', MAC, 3000));
  });

  it('no story of an unknown host', async () => {
    await expect(fogd('trace', 'nobody', '--follow')).rejects.toMatchObject({ code: 'HOST_UNKNOWN' });
  });

  it('tasks until they are over, as JSON one object a line', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    const { id } = await createTask(world.context, { host: 'pc', type: 'inventory' }, 'test');
    await fogd('task', 'cancel', String(id));
    expect(JSON.parse(await fogd('task', 'watch', String(id), '--json'))).toMatchObject({
      state: 'Cancelled',
    });
    expect(await fogd('task', 'watch', String(id))).toMatch(/^pc Hardware Inventory: Cancelled/);
    expect(await fogd('task', 'watch', MAC)).toBe('no active tasks\n');
    await expect(fogd('task', 'watch', 'nobody')).rejects.toMatchObject({ code: 'HOST_UNKNOWN' });
    process.exitCode = undefined;
  });
});

describe('image verify --wait', () => {
  it('ends when all is read back, with 1 when a file is damaged', async () => {
    const filled = await makeFilledWorld();
    state = join(filled.images, '..');
    await filled.api.listen({ path: join(state, 'fogd.sock') });
    const verifyAll = async () => {
      // The command asks first.
      while (filled.context.generations.unverified().length === 0)
        await new Promise((resolve) => setImmediate(resolve));
      while (filled.context.generations.unverified().length > 0) await filled.verification.look();
    };
    try {
      await verifyAll();
      const [table] = await Promise.all([fogd('image', 'verify', 'base', '--wait'), verifyAll()]);
      expect(table).toMatch(/^2 +current +verified/m);
      expect(process.exitCode ?? 0).toBe(0);
      truncateSync(join(filled.images, 'base', 'd1p1.img'), 200);
      const [spoilt] = await Promise.all([fogd('image', 'verify', 'base', '--wait', '--json'), verifyAll()]);
      expect(JSON.parse(spoilt)).toMatchObject([
        { number: 2, state: 'damaged' },
        { number: 1, state: 'verified' },
      ]);
      expect(process.exitCode).toBe(1);
    } finally {
      process.exitCode = undefined;
      await filled.close();
    }
  });
});

describe('fogd status', () => {
  it('ends with 3 when a service has failed', async () => {
    world.services.push({ name: 'dhcp', state: 'failed', detail: 'taken', remedy: 'stop it' });
    expect(await fogd('status')).toContain('taken: stop it');
    expect(process.exitCode).toBe(3);
    process.exitCode = undefined;
  });
});

describe('a line of events', () => {
  const task = {
    ...{ id: 7, type: 'Deploy', state: 'Failed', host: 'pc', image: 'base', createdAt: 0, createdBy: 'cli' },
    ...{
      startedAt: 0,
      finishedAt: 0,
      lastSeenAt: 0,
      reason: 'no \u001b[31mdisk',
      before: null,
      progress: null,
    },
  };
  const record = {
    ...{ service: 'dhcp', event: 'discover', outcome: 'ignored', who: { mac: MAC } },
    ...{ reasons: ['not here'], at: 0, last: 0, count: 1 },
  };
  it.each<[string, ApiEvent, string]>([
    [
      'a task',
      { topic: 'tasks', data: { change: 'finished', task } },
      'tasks  7: pc Deploy base: Failed (no ?[31mdisk)',
    ],
    ['a host', { topic: 'hosts', data: { change: 'added', host: { name: 'pc' } } }, 'hosts  pc: added'],
    [
      'an alarm',
      {
        topic: 'alarms',
        data: { service: { name: 'dhcp', state: 'failed', detail: 'taken', remedy: 'stop it' } },
      },
      'alarms dhcp: failed, taken, stop it',
    ],
    [
      'the trace',
      { topic: 'trace', data: record },
      `trace  ${MAC} asked for an address (not answered): not here`,
    ],
    ['a gap', { topic: 'reset', data: {} }, 'reset  something was missed'],
  ])('tells of %s', (_, event, expected) => {
    expect(eventLine(event, 0).slice(20)).toBe(expected);
  });
});
