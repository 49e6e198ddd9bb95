import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addImage, changeImage } from '#actions/manage-images.js';
import { writeSmallImage } from './small-image.js';
import { shellBase64 as b64, MAC, makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld('[images]\nreserve_mib = 0\n[boot]\ncapone_dmi = "system-version"\n');
  await addImage(world.context, { name: 'base', format: 3, osId: 9 }, 'test');
  await addImage(world.context, { name: 'other', format: 3 }, 'test');
  writeSmallImage(join(world.images, 'base'));
});
afterEach(() => world.close());

const LOOKUP = `action=imagelookup&key=${b64('OptiPlex 7050')}`;

/** Spec fos-protocol 3.17. */
describe('capone.php', () => {
  it('tells which DMI value decides', async () => {
    expect(await world.fos('capone.php', 'action=dmi')).toBe('system-version');
  });

  it('gives a machine of that value its image, and a share of it alone', async () => {
    await changeImage(world.context, 'base', { capone: ['OptiPlex 7050', 'OptiPlex 7060'] }, 'test');
    const machine = await world.boot();
    await machine.head();
    const session = /:(\/t\/\d+)\//.exec(machine.word('storage'))?.[1];
    const body = await machine.fos('capone.php', LOOKUP);
    expect(body).toMatch(/^[A-Za-z0-9+/]+={0,2}\n$/);
    expect(Buffer.from(body, 'base64').toString()).toBe(`base|9|mps|all|3|10.0.0.1:${session}/|10.0.0.1`);
    const shares = [...world.exports.values()];
    expect(shares).toMatchObject([{ access: 'RO', pseudo: session }]);
    expect(await machine.fos('capone.php', LOOKUP)).toBe(body);
    expect(readdirSync(shares[0]?.folder ?? '')).toContain('base');
    expect(readdirSync(shares[0]?.folder ?? '')).not.toContain('other');
    // Its progress keeps it alive: it has no task and no completion.
    const line = '  1.16GB@00:00:02@00:00:00@86.93 MiB@400.00 MiB@ 86.76@419426304.000000';
    expect(await machine.fos('progress.php', `mac=${MAC}&status=${b64(line)}`)).toBe('');
    expect(world.decisions.at(-1)).toMatchObject({ event: 'progress', facts: { image: 'base' } });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['no image has the value', async () => undefined, 'no image is for machines with "OptiPlex 7050"'],
    [
      'the image has no files',
      () => changeImage(world.context, 'other', { capone: ['OptiPlex 7050'] }, 'test'),
      'the image other has no files yet',
    ],
    [
      'the image is disabled',
      () => changeImage(world.context, 'base', { capone: ['OptiPlex 7050'], enabled: false }, 'test'),
      'the image base is disabled',
    ],
  ])('answers nothing where %s, and tells the story why', async (_, prepare, reason) => {
    await prepare();
    const machine = await world.boot();
    await machine.head();
    expect(await machine.fos('capone.php', LOOKUP)).toBe('');
    expect(world.decisions.at(-1)).toMatchObject({ event: 'capone', outcome: 'refused' });
    expect(world.decisions.at(-1)?.reasons[0]).toContain(reason);
  });

  it('gives nothing to a caller without a session of this server', async () => {
    await changeImage(world.context, 'base', { capone: ['OptiPlex 7050'] }, 'test');
    expect(await world.fos('capone.php', LOOKUP)).toBe('');
    expect(await world.fos('capone.php', 'action=x')).toBe('');
    expect(world.exports.size).toBe(0);
  });

  it('a value names one image, and is one line of text', async () => {
    const change = (image: string, capone: string[]) => changeImage(world.context, image, { capone }, 'test');
    await change('base', ['OptiPlex 7050']);
    await expect(change('other', ['OPTIPLEX 7050'])).rejects.toMatchObject({ code: 'CAPONE_KEY_TAKEN' });
    await expect(change('other', ['a\nb'])).rejects.toMatchObject({ code: 'CAPONE_KEY_BAD' });
    await change('base', []);
    await change('other', ['OptiPlex 7050']);
    const shown = await world.api.inject('/api/v1/images/other');
    expect(shown.json()).toMatchObject({ capone: ['OptiPlex 7050'] });
  });
});

/** Spec fos-protocol 3.18. */
describe('Secure Boot', () => {
  it('serves the four files of the admin and nothing else', async () => {
    const get = async (name: string) => {
      const { statusCode, body } = await world.app.inject(`/fog/service/secureboot/${name}`);
      return `${statusCode} ${body}`;
    };
    expect(await get('MOK.der')).toBe('404 not found\n');
    mkdirSync(join(world.bootFiles, 'secureboot'));
    for (const name of ['MOK.der', 'db.auth', 'secret.key'])
      writeFileSync(join(world.bootFiles, 'secureboot', name), '0');
    expect(await get('MOK.der')).toBe('200 0');
    expect(await get('db.auth')).toBe('200 0');
    for (const name of ['PK.auth', 'secret.key', '..%2fbzImage', 'mok.der'])
      expect(await get(name)).toBe('404 not found\n');
  });

  it('takes the report of a machine that it booted', async () => {
    const cert = 'a'.repeat(64);
    const body = (result = 'db', certificate = cert) =>
      `mac=${MAC}&result=${result}&cert=${certificate}&sbstate=on`;
    const machine = await world.boot();
    await machine.head();
    expect(await machine.fos('secureboot.report.php', body())).toBe('##unknownhost\n');
    await addHost(world.context, 'pc', [MAC], 'test');
    expect(await world.fos('secureboot.report.php', body())).toBe('##notasking\n');
    expect(await machine.fos('secureboot.report.php', body('$(id)'))).toBe('##badresult\n');
    expect(await machine.fos('secureboot.report.php', body('db', 'x'))).toBe('##badcert\n');
    expect(await machine.fos('secureboot.report.php', body())).toBe('##ok\n');
    expect(world.decisions.at(-1)).toMatchObject({
      event: 'secure-boot',
      facts: { result: 'db', certificate: cert },
    });
  });

  it('bug: a fingerprint as FOS writes it, in capitals and with colons, was no SHA-256', async () => {
    await addHost(world.context, 'pc', [MAC], 'test');
    const machine = await world.boot();
    await machine.head();
    const cert = Array(32).fill('AB').join(':');
    expect(await machine.fos('secureboot.report.php', `mac=${MAC}&result=mok&cert=${cert}&sbstate=on`)).toBe(
      '##ok\n',
    );
    expect(world.decisions.at(-1)?.facts).toMatchObject({ result: 'mok', certificate: 'ab'.repeat(32) });
  });
});

/** Spec fos-protocol 3.2. */
describe('getversion.php', () => {
  it.each([
    ['', '0.0.0-test'],
    ['?caps=1', '0.0.0-test'],
    ['?client', '0.0.0'],
    ['?client=1', '0.0.0'],
    ['?clientver=1', '0.0.0'],
    ['?url=http://127.0.0.1:1/&newService=1', '0.0.0-test'],
  ])('%s', async (query, version) => {
    expect((await world.app.inject(`/fog/service/getversion.php${query}`)).body).toBe(version);
  });
});
