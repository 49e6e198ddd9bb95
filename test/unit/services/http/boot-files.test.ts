import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost, changeHost } from '#actions/manage-hosts.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
let source: string;
beforeEach(async () => {
  world = await makeWorld();
  source = join(world.images, '..', 'source');
  mkdirSync(join(source, 'i386-efi'), { recursive: true });
  for (const [name, text] of [
    ['bzImage', 'kernel 6.1'],
    ['init.xz', 'init 1'],
    ['i386-efi/snponly.efi', 'loader'],
    ['index.php', '<?php'],
  ] as const)
    writeFileSync(join(source, name), text);
  symlinkSync('/etc/hostname', join(source, 'ipxe.efi'));
});
afterEach(() => world.close());

const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) => {
  const answer = await world.api.inject({ method, url: `/api/v1${url}`, ...(body ? { body } : {}) });
  return answer.json() as Record<string, unknown> & { length: number };
};
const add = (order: object) => call('POST', '/boot-files', order);
const served = (name: string) => readFileSync(join(world.bootFiles, name), 'utf8');
const names = () => readdirSync(world.bootFiles).sort();

describe('boot files', () => {
  it('are taken from a folder: kernel, init, loaders, no links and nothing else; machines get them', async () => {
    const added = await add({ source, version: 'fog-1.5.10' });
    expect(added).toMatchObject([
      { name: 'bzImage', version: 'fog-1.5.10', size: 10, isDefault: true },
      { name: 'i386-efi/snponly.efi', isDefault: true },
      { name: 'init.xz', isDefault: true },
    ]);
    expect(added).toHaveLength(3);
    expect(served('bzImage')).toBe('kernel 6.1');
    expect(served('i386-efi/snponly.efi@fog-1.5.10')).toBe('loader');
    const script = await world.app.inject({ url: '/fog/service/ipxe/bzImage' });
    expect(script.body).toBe('kernel 6.1');
  });

  it('say how far they are while they come, from a folder and from a URL that tells no length', async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    Object.assign(world.context, {
      download: async function* () {
        yield Buffer.alloc(7);
        await gate;
      },
    });
    const taken = add({ source: 'http://files.example/bzImage', version: '7' });
    await expect
      .poll(() => call('GET', '/boot-files/arriving'))
      .toEqual([{ name: 'bzImage', version: '7', bytes: 7, total: null }]);
    go();
    await taken;
    expect(await call('GET', '/boot-files/arriving')).toEqual([]);
    const totals: (number | null)[] = [];
    const { arrivals } = world.context;
    const follow = arrivals.follow.bind(arrivals);
    arrivals.follow = async function* (file, read) {
      for await (const part of follow(file, read)) {
        totals.push(arrivals.list()[0]?.total ?? null);
        yield part;
      }
    };
    await add({ source, version: '8' });
    expect(totals).toEqual([10, 6, 6]);
  });

  it('what an admin put there by hand keeps a version of its own', async () => {
    const before = served('bzImage');
    await add({ source: join(source, 'bzImage'), version: '6.1' });
    expect(served('bzImage')).toBe('kernel 6.1');
    const { items: files } = (await call('GET', '/boot-files')) as unknown as {
      items: { version: string }[];
    };
    const version = files.find((one) => one.version.startsWith('before-'))?.version ?? 'none';
    expect(served(`bzImage@${version}`)).toBe(before);
    expect(await call('PUT', '/boot-files/default', { name: 'bzImage', version })).toMatchObject({
      isDefault: true,
    });
    expect(served('bzImage')).toBe(before);
  });

  it('versions lie side by side: one is the default, a host may name another', async () => {
    await add({ source: join(source, 'init.xz'), version: '1' });
    writeFileSync(join(source, 'init.xz'), 'init 2');
    await add({ source: join(source, 'init.xz'), version: '2', keepDefault: true });
    expect(served('init.xz')).toBe('init 1');
    await addHost(world.context, 'pc1', [MAC], 'test');
    await changeHost(world.context, 'pc1', { init: 'init.xz@2' });
    await call('POST', '/hosts/pc1/inventory');
    const { script } = await world.boot();
    expect(script).toContain('initrd=init.xz@2');
    expect(script).toContain('imgfetch init.xz@2 ');
    expect(await call('GET', '/boot-files')).toMatchObject({
      items: [
        { version: '2', isDefault: false, hosts: ['pc1'] },
        { version: '1', isDefault: true, hosts: [] },
      ],
    });
    expect(await call('DELETE', '/boot-files?name=init.xz&version=2')).toMatchObject({
      title: 'BOOT_FILE_IN_USE',
      detail: 'init.xz@2 is in use: used by pc1',
    });
    expect(await call('DELETE', '/boot-files?name=init.xz&version=1')).toMatchObject({
      detail: 'init.xz@1 is in use: it is the default',
    });
    await call('PUT', '/boot-files/default', { name: 'init.xz', version: '2' });
    expect(await call('DELETE', '/boot-files?name=init.xz&version=1')).toMatchObject({ version: '1' });
    expect(names()).toEqual(['bzImage', 'init.xz', 'init.xz@2']);
  });

  it('come from a URL, and must hold what was promised', async () => {
    const url = 'https://files.example/fos/bzImage';
    expect(await add({ source: url, version: '9', sha256: '0'.repeat(64) })).toMatchObject({
      title: 'BOOT_FILE_SHA_WRONG',
    });
    expect(names()).toEqual(['bzImage']);
    expect(await add({ source: url, version: '9', name: 'bzImage-test' })).toMatchObject([
      { name: 'bzImage-test', version: '9', source: url },
    ]);
    expect(served('bzImage-test')).toBe(`what ${url} holds`);
    const secret = url.replace('//', '//me:s3cret@');
    expect(await add({ source: secret, version: '10', name: 'bzImage-test' })).toMatchObject([
      { source: url },
    ]);
  });

  it('the same once more changes nothing; another content under the same version is refused', async () => {
    const order = { source: join(source, 'init.xz'), version: '1' };
    await add(order);
    expect(await add(order)).toMatchObject([{ version: '1' }]);
    expect(await call('GET', '/boot-files')).toMatchObject({ total: 1 });
    writeFileSync(join(source, 'init.xz'), 'other');
    expect(await add(order)).toMatchObject({ title: 'BOOT_FILE_EXISTS' });
    expect(served('init.xz@1')).toBe('init 1');
    expect(names()).toEqual(['bzImage', 'init.xz', 'init.xz@1']);
  });

  it('are read again: damaged and missing ones are named', async () => {
    await add({ source, version: '1' });
    writeFileSync(join(world.bootFiles, 'init.xz@1'), 'init X');
    await call('PUT', '/boot-files/default', { name: 'bzImage', version: '1' });
    rmSync(join(world.bootFiles, 'i386-efi/snponly.efi@1'));
    const verdicts = (await call('POST', '/boot-files/verify')) as unknown as {
      name: string;
      verdict: string;
    }[];
    expect(verdicts.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      // What was there before, too.
      'bzImage ok',
      'bzImage ok',
      'i386-efi/snponly.efi missing',
      'init.xz damaged',
    ]);
  });

  it('what a break-off left is removed at the next start, and the order can be given again', async () => {
    writeFileSync(join(world.bootFiles, '.incoming-0123456789abcdef'), 'half');
    // Killed between the name and the row.
    writeFileSync(join(world.bootFiles, 'init.xz@1'), 'init 1');
    await world.context.bootStore.prepare();
    expect(names()).toEqual(['bzImage', 'init.xz@1']);
    expect(await add({ source: join(source, 'init.xz'), version: '1' })).toMatchObject([{ isDefault: true }]);
    expect(names()).toEqual(['bzImage', 'init.xz', 'init.xz@1']);
  });

  it.each([
    [{ source: 'relative' }, 'BOOT_FILE_SOURCE_BAD'],
    [{ source: '/nonexistent' }, 'BOOT_FILE_SOURCE_BAD'],
    [{ source: 'https://[x/bzImage' }, 'BOOT_FILE_SOURCE_BAD'],
    [{ source: 'https://files.example/' }, 'BOOT_FILE_NAME_BAD'],
    [{ source: '/dev/null' }, 'BOOT_FILE_SOURCE_BAD'],
    [{ source: '/etc/hostname', name: '../x' }, 'BOOT_FILE_NAME_BAD'],
    [{ source: '/etc/hostname', name: 'a@b' }, 'BOOT_FILE_NAME_BAD'],
    [{ source: '/etc/hostname', version: '../1' }, 'BOOT_FILE_NAME_BAD'],
    [{ source: '/etc/hostname', version: '' }, 'BOOT_FILE_NAME_BAD'],
    [{ source: '/etc/hostname', sha256: 'x' }, 'REQUEST_INVALID'],
    [{}, 'REQUEST_INVALID'],
  ])('%j is refused', async (order, title) => {
    expect(await add(order)).toMatchObject({ title });
    expect(names()).toEqual(['bzImage']);
  });

  it('unknown ones are named', async () => {
    for (const answer of [
      await call('PUT', '/boot-files/default', { name: 'x', version: '1' }),
      await call('DELETE', '/boot-files?name=x&version=1'),
    ])
      expect(answer).toMatchObject({ title: 'BOOT_FILE_UNKNOWN', detail: 'there is no boot file x@1' });
  });
});
