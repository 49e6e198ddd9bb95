import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { expectGolden } from '../golden.js';
import { makeFilledWorld } from '../services/http/filled-world.js';
import type { World } from '../services/http/world.js';
import { leaves, runHere } from './here.js';

/** What prints what fogd knows; the first word after each is the name of its file. */
const SHOWN: ReadonlyArray<readonly string[]> = [
  ['status'],
  ['trace'],
  ['trace', 'lab-pc-03'],
  ['audit', 'list'],
  ['host', 'list'],
  ['host', 'show', 'lab-pc-01'],
  ['group', 'list'],
  ['group', 'show', 'room-12'],
  ['task', 'list'],
  ['task', 'show', '1'],
  ['session', 'list'],
  ['session', 'show', '1'],
  ['image', 'list'],
  ['image', 'show', 'base'],
  ['image', 'generations', 'base'],
  ['menu', 'list'],
  ['bootfile', 'list'],
  ['lease', 'list'],
  ['lease', 'show', '10.0.0.50'],
  ['user', 'list'],
  ['token', 'list'],
  ['pki', 'show'],
  ['node', 'list'],
  ['node', 'show', 'DefaultMember'],
  ['settings', 'show'],
  ['snapin', 'list'],
  ['snapin', 'show', '7-Zip'],
  ['snapin', 'history'],
  ['client', 'show', 'lab-pc-01'],
];

let world: World;
let state: string;
beforeAll(async () => {
  vi.stubEnv('TZ', 'UTC');
  world = await makeFilledWorld();
  state = join(world.images, '..');
  await world.api.listen({ path: join(state, 'fogd.sock') });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

describe.each(SHOWN.map((words) => [words.join(' '), words] as const))('fogd %s', (_, words) => {
  it.each([
    ['txt', []],
    ['json', ['--json']],
  ])('prints its golden .%s', async (ending, more) => {
    const { code, out, err } = await runHere(...words, ...more, '--state', state);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const name = words.join('-').replaceAll(/[:.]/g, '');
    expectGolden(`test/fixtures/cli/${name}.${ending}`, fixed(out));
    if (ending === 'json') JSON.parse(out);
  });
});

it('all commands that list or show something are among them', () => {
  const named = new Set(SHOWN.map((words) => words.slice(0, 2).join(' ')));
  const all = leaves().flatMap(([path]) => (/ (list|show)$/.test(path) ? [path] : []));
  expect(all.filter((path) => !named.has(path))).toEqual([]);
});

/** Without what differs from run to run: the folder, the disk below it, and times of files, which are not the virtual clock's. */
function fixed(text: string): string {
  return text
    .replaceAll(state, '/var/lib/fogd')
    .replaceAll(/"(free|size|inodes|inodesFree)": \d{9,}|"(inodes|inodesFree)": \d+/g, '"$1$2": 1')
    .replaceAll(/"changedAt": (?!1767225600000)\d+/g, '"changedAt": 1')
    .replaceAll(/[\d.]+ (MB|GB|TB) of [\d.]+ (MB|GB|TB) free/g, '1 GB of 1 GB free');
}
