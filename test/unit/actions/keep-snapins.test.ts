import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SnapinKeeper } from '#actions/keep-snapins.js';
import { addSnapin } from '#actions/manage-snapins.js';
import type { Logger } from '#daemon/log.js';
import { makeWorld, type World } from '../services/http/world.js';

let world: World;
let keeper: SnapinKeeper;
const said: string[] = [];
const note = (_: unknown, text: string) => said.push(text);
const log = { info: note, warn: note, error: note } as unknown as Logger;

beforeEach(async () => {
  said.length = 0;
  world = await makeWorld();
  for (const name of ['Zip', 'Office']) {
    const source = (async function* () {
      yield Buffer.from(`MZ ${name}`);
    })();
    await addSnapin(world.context, { name, file: `${name}.exe` }, { source }, 'test');
  }
  keeper = new SnapinKeeper(world.context, log);
});
afterEach(async () => {
  await keeper.stop();
  await world.close();
});

const path = (name: string) =>
  join(world.snapins, readdirSync(world.snapins).find((file) => file.endsWith(`-${name}.exe`)) ?? 'none');
const damage = () =>
  Object.fromEntries(world.context.snapins.list().map(({ name, damage }) => [name, damage]));
/** Reading takes a process of its own, and writing the disk: no clock tells their end. */
const until = async (wanted: Record<string, string>) => {
  while (JSON.stringify(damage()) !== JSON.stringify(wanted)) await world.clock.advance(600_000);
};

it('sees at the start and again and again that a file is gone, changed, or back again', async () => {
  const [zip, aside] = [path('Zip'), join(world.snapins, '..', 'aside')];
  renameSync(zip, aside);
  await keeper.start();
  await until({ Office: '', Zip: 'its file is gone' });
  expect(keeper.health()).toMatchObject({ state: 'degraded' });
  renameSync(aside, zip);
  writeFileSync(path('Office'), 'MZ offic!');
  await until({ Office: 'its file does not hold what was taken in', Zip: '' });
  writeFileSync(path('Office'), 'MZ Office');
  await until({ Office: '', Zip: '' });
  expect(keeper.health()).toMatchObject({ state: 'ok', detail: '2 snapins' });
  expect(said).toEqual([]);
});

it('looks no more when it is stopped', async () => {
  await keeper.start();
  await world.clock.advance(0);
  await keeper.stop();
  renameSync(path('Zip'), join(world.snapins, '..', 'aside'));
  await world.clock.advance(3_600_000);
  expect(damage()).toEqual({ Office: '', Zip: '' });
});
