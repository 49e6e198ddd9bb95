import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSettings } from '#settings/load.js';
import { makeWorld, type World } from '../services/http/world.js';
import { transportOf } from './client-world.js';

let world: World;
afterEach(() => world.close());

const start = async (toml: string, ...names: readonly string[]) => {
  world = await makeWorld(toml);
  mkdirSync(join(world.bootFiles, 'client'));
  for (const name of [...names, 'secret.txt'])
    writeFileSync(join(world.bootFiles, 'client', name), `the ${name}`);
};
const get = (path: string) => transportOf(world)('GET', path);
const version = async (query = 'clientver&newService&json') =>
  (await get(`/service/getversion.php?${query}`)).body;
const OFFER = '[client]\nupdate_version = "0.13.0"\n';

describe('the version that clients are offered', () => {
  it.each([
    ['is that of the settings, where the file is there', OFFER, ['SmartInstaller.exe'], '0.13.0'],
    ['is none where the file is missing: they would ask for it for ever', OFFER, [], '0.0.0'],
    ['is none by default', '', ['SmartInstaller.exe'], '0.0.0'],
    ['is none where updates are off', `${OFFER}clientupdater = false\n`, ['SmartInstaller.exe'], '0.0.0'],
  ])('%s', async (_, toml, files, expected) => {
    await start(toml, ...files);
    expect(await version()).toBe(expected);
    expect(await version('client')).toBe('0.0.0');
    expect(await version('newService&json&url=http://127.0.0.1:1/')).toBe('0.0.0-test');
  });

  it('can be nothing but digits and dots', async () => {
    await start('');
    for (const text of ['0.13.0-beta', 'v0.13', '0', '1.2.3.4.5', '0.13.0 '])
      expect(parseSettings(`[client]\nupdate_version = "${text}"\n`).settings, text).toBeUndefined();
  });
});

describe('installers', () => {
  it('are sent by their names and by those of FOG’s page, as attachments', async () => {
    await start('', 'SmartInstaller.exe', 'FOGService.msi');
    expect(await get('/client/SmartInstaller.exe')).toMatchObject({
      status: 200,
      body: 'the SmartInstaller.exe',
    });
    const answer = await world.app.inject('/fog/client/download.php?newclient');
    expect([answer.statusCode, answer.body]).toEqual([200, 'the FOGService.msi']);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename=FOGService.msi',
      'content-length': '18',
    });
  });

  it('no other file, and none from elsewhere', async () => {
    await start('');
    for (const path of [
      '/client/secret.txt',
      '/client/FogPrep.zip',
      '/client/',
      '/client/..%2fbzImage',
      '/client/download.php',
      '/client/download.php?file=secret.txt',
      '/client/download.php?fogprep&url=http://127.0.0.1:1/',
      '/client/download.php?__proto__',
    ])
      expect(await get(path), path).toMatchObject({ status: 404, body: 'not found\n' });
  });
});
