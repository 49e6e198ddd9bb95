import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WITHOUT_DAEMON } from '#cli/page.js';
import { makeWorld, type World } from '../services/http/world.js';
import { type Ended, leaves, runHere, sampleWords } from './here.js';

/** All but `fogd serve`: what it takes for right would run. */
const COMMANDS = leaves().filter(([path]) => path !== 'serve');
/** Never right. */
const HOSTILE = [
  '',
  ' ',
  'x'.repeat(300),
  'x'.repeat(4096),
  '%'.repeat(4096),
  'x'.repeat(100_000),
  'red \x1b[31m',
  'two\nlines',
  '../nowhere/../../etc/passwd',
  '--help-me',
  '-x',
];
/** May be a name. */
const STRANGE = ['..', '-1', '%2e%2e%2f', '0x10', '99999999999999999999', '💥', '"; rm'];

let world: World;
let running: string;
let stopped: string;
let keys: string;
const reached = new Set<string>();
beforeAll(async () => {
  world = await makeWorld();
  running = join(world.images, '..');
  stopped = mkdtempSync(join(tmpdir(), 'fogd-wrong-'));
  keys = mkdtempSync(join(tmpdir(), 'fogd-keys-'));
  for (const name of ['ca.cert.pem', 'ca.key']) writeFileSync(join(keys, name), 'x');
  world.api.server.on('request', ({ method, url }) => reached.add(`${method} ${url?.split('?')[0]}`));
  await world.api.listen({ path: join(running, 'fogd.sock') });
});
afterAll(async () => {
  await world.close();
  for (const folder of [stopped, keys]) rmSync(folder, { recursive: true });
});

/** Nothing that steers a terminal, no stack, one line. */
function expectOneLine({ err }: Ended, what: string): void {
  expect(err, what).toMatch(/^fogd: [^\p{Cc}]+: [^\p{Cc}]+\n$/u);
  expect(err.length, what).toBeLessThan(1200);
  expect(err, what).not.toMatch(/\bat .*\.js:|Error:/);
}
const stateOf = (path: string) => (WITHOUT_DAEMON.has(path) ? stopped : running);
const fogd = (path: string, words: readonly string[]) => runHere(...path.split(' '), ...words);

describe.each(COMMANDS)('fogd %s', (path, command) => {
  const state = () =>
    command.options.some(({ long }) => long === '--state') ? ['--state', stateOf(path)] : [];

  it('refuses hostile arguments', async () => {
    const count = Math.max(1, command.registeredArguments.length);
    const mandatory = sampleWords(command).slice(command.registeredArguments.length);
    for (const text of [...HOSTILE, ...STRANGE]) {
      const words = Array.from({ length: count }, () => text);
      const ended = await fogd(path, [...mandatory, ...state(), ...words]);
      const what = text.slice(0, 20);
      const codes = STRANGE.includes(text) ? [0, 1, 2] : [1, 2];
      expect(codes, `${what}: ${ended.out}`).toContain(ended.code);
      // What was looked at one by one is told so, on standard output.
      if (ended.out === '') expectOneLine(ended, what);
      else expect(ended.err, what).toBe('');
    }
  });

  it('refuses an unknown option, and one argument too many', async () => {
    const words = sampleWords(command);
    const unknown = await fogd(path, [...words, '--no-such-option']);
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expectOneLine(unknown, 'option');
    if (command.registeredArguments.some(({ variadic }) => variadic)) return;
    const more = await fogd(path, [...words, ...words, 'one-more']);
    expect(more).toMatchObject({ code: 2, out: '' });
    expectOneLine(more, 'argument');
  });

  it('refuses to go without an argument that it needs', async () => {
    const needed = command.registeredArguments.filter(({ required }) => required).length;
    if (needed === 0) return;
    const ended = await fogd(path, sampleWords(command).slice(0, needed - 1));
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(`fogd ${path} --help shows the right use\n`);
    expectOneLine(ended, 'none');
  });
});

describe.each(
  COMMANDS.filter(([path]) => !WITHOUT_DAEMON.has(path)).flatMap(([path, command]) =>
    command.options
      .filter((option) => option.required && option.long !== '--state')
      .map((option) => [`${path} ${option.long}`, path, command, option.long ?? ''] as const),
  ),
)('fogd %s', (_, path, command, option) => {
  it('survives hostile values', async () => {
    for (const text of [
      '',
      'x'.repeat(100_000),
      'red \x1b[31m',
      '../nowhere/../../etc/passwd',
      '99999999999999999999',
      '💥',
    ]) {
      const ended = await fogd(path, [...sampleWords(command), option, text, '--state', running]);
      expect([0, 1, 2]).toContain(ended.code);
      if (ended.code !== 0 && ended.out === '') expectOneLine(ended, text.slice(0, 20));
    }
  });
});

describe('wrong use', () => {
  it.each<[string, string[], number, RegExp]>([
    ['no command', [], 2, /^fogd: a command is missing, one of: .*host.*: fogd --help/],
    ['a noun alone', ['host'], 2, /^fogd: a command is missing, one of: list, .*: fogd host --help/],
    ['a mistyped command', ['hots'], 2, /^fogd: unknown command 'hots' \(Did you mean host\?\): fogd --help/],
    ['a mistyped verb', ['host', 'lst'], 2, /Did you mean list\?\): fogd host --help/],
    ['help for what is not there', ['help', 'x'], 2, /^fogd: /],
    ['no number', ['image', 'add', 'x', '--os', 'x'], 2, /a whole number is needed/],
    ['an unknown choice', ['menu', 'add', 'x', 'y', '--for', 'x'], 2, /Allowed choices are all, /],
    ['bug: a task for nobody was no wrong use', ['task', 'deploy'], 2, /^fogd: a task is for one host/],
    ['a task for a host and a group', ['task', 'deploy', 'x', '--group', 'y'], 2, /^fogd: a task is for one/],
    ['a reset of nobody', ['client', 'reset'], 2, /^fogd: a reset is for one host/],
    ['an order for nobody', ['power', 'now'], 2, /^fogd: write fogd power now HOST ACTION/],
    ['a snapin for nobody', ['snapin', 'assign', 'x'], 2, /^fogd: no hosts are named/],
    ['an empty state folder', ['host', 'list', '--state', ''], 2, /the option '--state' is empty/],
    ['an unknown host', ['host', 'show', 'x'], 1, /^fogd: .*x/],
    ['an unknown host that looks like an option', ['host', 'show', '--', '--x'], 1, /--x/],
    ['an unknown task', ['task', 'show', '99'], 1, /99/],
    ['no number of a task', ['task', 'show', 'x'], 1, /is not the number of a task/],
  ])('%s', async (_, words, code, said) => {
    const isClient = words.length > 1 && words[0] !== 'help' && !words.includes('--state');
    const ended = await runHere(...withState(words, isClient));
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toMatch(said);
    expectOneLine(ended, words.join(' '));
  });

  it('help is no mistake', async () => {
    for (const words of [['--help'], ['help'], ['host', '--help'], ['help', 'host'], ['--version']])
      expect(await runHere(...words)).toMatchObject({ code: 0, err: '' });
  });
});

/** It must be there: its number is looked up by its name. */
const PRINTER = '\\\\print\\hall';

it('each route of the API has its command', async () => {
  for (const words of [
    ...COMMANDS.filter(([path]) => !WITHOUT_DAEMON.has(path) && path !== 'events').map(([path, command]) => [
      ...path.split(' '),
      ...sampleWords(command, { folder: keys, file: join(keys, 'ca.key') }),
    ]),
    ['events', '--topics', 'x'],
    ['trace'],
    ['host', 'mac', 'x', '02:00:00:00:00:01', '--remove'],
    ['task', 'inventory', '--group', 'x'],
    ['client', 'reset', '--group', 'x'],
    ['power', 'remove', '99'],
    ['power', 'now', 'wol', '--group', 'x'],
    ['power', 'add', 'wol', '30 6 * * *', '--group', 'x'],
    ['power', 'remove', 'wol', '30 6 * * *', '--group', 'x'],
    ['printer', 'add', PRINTER, 'network'],
    ['printer', 'change', PRINTER, '--description', 'x'],
    ['printer', 'remove', PRINTER],
    ['backup', join(stopped, 'fogd.tar')],
  ])
    await runHere(...words, '--state', running);
  const missed = (await world.routes()).filter(({ place, method, url }) => {
    const pattern = new RegExp(`^${method} ${url.replaceAll(/:\w+/g, '[^/]+')}$`);
    return place === 'socket' && method !== 'HEAD' && ![...reached].some((call) => pattern.test(call));
  });
  // For programs, and asked for on a terminal only.
  expect(missed.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /api/openapi.json',
    'GET /api/v1/images/import/arriving',
    'GET /api/v1/boot-files/arriving',
  ]);
});

function withState(words: readonly string[], isClient: boolean): string[] {
  const [noun = '', verb = '', ...rest] = words;
  return isClient ? [noun, verb, '--state', running, ...rest] : [...words];
}
