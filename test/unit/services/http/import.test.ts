import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { createTask } from '#actions/manage-tasks.js';
import { FolderCopy } from '#images/folder-copy.js';
import { writeSmallImage } from './small-image.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
let old: string;
beforeEach(async () => {
  world = await makeWorld('[images]\nreserve_mib = 0\n');
  old = mkdtempSync(join(tmpdir(), 'fogd-import-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await world.close();
  rmSync(old, { recursive: true });
});

const take = async (body: object) => {
  const answer = await world.api.inject({ method: 'POST', url: '/api/v1/images/import', body });
  return { status: answer.statusCode, body: JSON.parse(answer.body) };
};
const folder = (name: string): string => {
  const path = join(old, name);
  writeSmallImage(path);
  return path;
};
const names = (path: string) => readdirSync(path).sort();

describe('an import', () => {
  it('copies a folder from elsewhere, verifies it, and deploys it', async () => {
    const from = folder('win10base');
    writeFileSync(join(from, '.hidden'), 'x');
    symlinkSync('/etc/passwd', join(from, 'link'));
    const { status, body } = await take({ path: from });
    expect(status).toBe(201);
    expect(body).toMatchObject([
      {
        folder: from,
        image: { name: 'win10base', path: 'win10base', type: 'mps', format: 3, osId: 50, generation: 1 },
        imported: { fileSystems: ['EXTFS'], files: 3, clientBytes: 1_048_576, warnings: [] },
      },
    ]);
    expect(names(join(world.images, 'win10base'))).toEqual(['d1.mbr', 'd1.partitions', 'd1p1.img']);
    expect(names(from)).toHaveLength(5);
    await world.verification.look();
    expect(world.context.generations.current(1)).toMatchObject({
      state: 'verified',
      source: `import of ${from}`,
    });
    await addHost(world.context, 'pc', [MAC], 'test');
    await createTask(world.context, { host: 'pc', type: 'deploy', image: 'win10base' }, 'test');
    const machine = await world.boot();
    await machine.head();
    expect(machine.word('imgType')).toBe('mps');
    expect(await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=down`)).toBe('##@GO');
  });

  it('says how far it is while it copies, also where an image has the name of the route', async () => {
    const from = folder('import');
    const bytes = names(from).reduce((sum, name) => sum + statSync(join(from, name)).size, 0);
    const arriving = async () => (await world.api.inject('/api/v1/images/import/arriving')).json() as unknown;
    const seen: unknown[] = [];
    const { into } = FolderCopy.prototype;
    vi.spyOn(FolderCopy.prototype, 'into').mockImplementation(async function (this: FolderCopy, to) {
      seen.push(await arriving());
      await into.call(this, to);
      seen.push(await arriving());
    });
    await take({ path: from });
    expect(seen).toEqual([
      [{ path: 'import', bytes: 0, total: bytes }],
      [{ path: 'import', bytes, total: bytes }],
    ]);
    expect(await arriving()).toEqual([]);
    for (const url of ['/images/import', '/images/import/generations'])
      expect((await world.api.inject(`/api/v1${url}`)).statusCode).toBe(200);
  });

  it('that fails is not told of any longer', async () => {
    vi.spyOn(FolderCopy.prototype, 'into').mockRejectedValue(new Error('the disk is gone'));
    expect((await take({ path: folder('base') })).status).toBe(500);
    expect(await world.context.imageStore.importing()).toEqual([]);
  });

  it('leaves a folder among the images where it is', async () => {
    writeSmallImage(join(world.images, 'base'));
    const { ino } = statSync(join(world.images, 'base'));
    expect((await take({ path: join(world.images, 'base') })).status).toBe(201);
    expect(statSync(join(world.images, 'base')).ino).toBe(ino);
    expect(world.context.images.byName('base')).toMatchObject({ generation: 1, clientBytes: 1_048_576 });
  });

  it.each<[string, number, (path: string) => void]>([
    ['n by its sizes for resizing', 3, (path) => writeFileSync(join(path, 'd1.minimum.partitions'), 'x')],
    [
      'n by its list of fixed partitions',
      3,
      (path) => writeFileSync(join(path, 'd1.fixed_size_partitions'), ''),
    ],
    [
      'mpa by a second disk',
      3,
      (path) => {
        for (const name of names(path).filter((one) => one.startsWith('d1')))
          writeFileSync(join(path, name.replace('d1', 'd2')), '');
        for (const name of ['d1.mbr', 'd1.partitions', 'd1p1.img'])
          writeFileSync(join(path, name.replace('d1', 'd2')), readFileSync(join(path, name)));
      },
    ],
    [
      'mps in gzip',
      0,
      (path) => writeFileSync(join(path, 'd1p1.img'), gzipSync(readFileSync(join(path, 'd1p1.img')))),
    ],
    [
      'mps of Partimage',
      1,
      (path) => writeFileSync(join(path, 'd1p1.img'), gzipSync('PaRtImAgE-VoLuMe and more')),
    ],
    [
      'mps in pieces',
      4,
      (path) => {
        const bytes = readFileSync(join(path, 'd1p1.img'));
        writeFileSync(join(path, 'd1p1.img'), bytes.subarray(0, 3000));
        writeFileSync(join(path, 'd1p1.img.001'), bytes.subarray(3000));
      },
    ],
    [
      'dd by the stream of a whole disk',
      3,
      (path) => {
        const bytes = readFileSync(join(path, 'd1p1.img'));
        for (const name of names(path)) rmSync(join(path, name));
        writeFileSync(join(path, 'base.000'), bytes);
      },
    ],
  ])('recognises %s (format %i), and finds it whole', async (what, format, change) => {
    const from = folder('base');
    change(from);
    const type = what.split(' ')[0];
    const { body } = await take({ path: from });
    expect(body).toMatchObject([{ image: { type, format } }]);
    await world.verification.look();
    expect(world.context.generations.current(1)).toMatchObject({ state: 'verified', reason: '' });
    await world.context.imageStore.deployable({
      path: 'base',
      type,
      format,
      osId: 50,
      partitionType: 'all',
    } as never);
  });

  it('of all folders of a FOG server tells of each what became of it', async () => {
    folder('win10');
    folder('win 11');
    mkdirSync(join(old, 'dev'));
    mkdirSync(join(old, 'empty'));
    folder('broken');
    rmSync(join(old, 'broken', 'd1p1.img'));
    mkdirSync(join(old, 'ancient'));
    writeFileSync(join(old, 'ancient', 'sys.img.000'), 'x');
    writeFileSync(join(old, 'a file'), 'x');
    const { status, body } = await take({ path: old, all: true });
    expect(status).toBe(201);
    const told = (body as { folder: string; problem?: string; image?: { path: string } }[]).map(
      ({ folder: at, problem, image }) => [at.slice(old.length + 1), problem ?? image?.path],
    );
    expect(told).toEqual([
      ['ancient', expect.stringContaining('layout of FOG before 1.0')],
      ['broken', expect.stringContaining('no data of a partition')],
      ['empty', expect.stringContaining('it is empty')],
      ['win 11', 'win_11'],
      ['win10', 'win10'],
    ]);
    expect(names(join(world.images, '.fogd', 'publishing'))).toEqual([]);
    // Once more: those that are there are refused, and nothing is harmed.
    expect((await take({ path: join(old, 'win10') })).body).toMatchObject({ title: 'IMAGE_EXISTS' });
  });

  it.each<[string, () => object, number, string]>([
    ['a relative path', () => ({ path: 'images' }), 400, 'IMPORT_PATH_BAD'],
    ['a folder that is not there', () => ({ path: join(old, 'none') }), 400, 'IMPORT_PATH_BAD'],
    [
      'a file',
      () => {
        writeFileSync(join(old, 'file'), '');
        return { path: join(old, 'file') };
      },
      400,
      'IMPORT_PATH_BAD',
    ],
    ['a folder without an image', () => ({ path: old }), 422, 'IMPORT_REFUSED'],
    ['an unknown field', () => ({ path: old, force: true }), 400, 'REQUEST_INVALID'],
    ['a name that cannot be', () => ({ path: folder('x'), name: '$(reboot)' }), 400, 'IMAGE_NAME_BAD'],
    ['an operating system that is none', () => ({ path: folder('x'), osId: 98 }), 400, 'IMAGE_SHAPE_BAD'],
    [
      'a folder in whose place there is something',
      () => {
        mkdirSync(join(world.images, 'x'));
        return { path: folder('x') };
      },
      409,
      'IMPORT_PLACE_TAKEN',
    ],
    [
      'a stream of a disk under another name',
      () => {
        const from = folder('x');
        renameSync(join(from, 'd1p1.img'), join(from, 'other.000'));
        for (const name of ['d1.mbr', 'd1.partitions']) rmSync(join(from, name));
        return { path: from };
      },
      422,
      'IMPORT_REFUSED',
    ],
    [
      'a link in the folder that would stay',
      () => {
        writeSmallImage(join(world.images, 'x'));
        symlinkSync('/etc/shadow', join(world.images, 'x', 'd1.link'));
        return { path: join(world.images, 'x') };
      },
      422,
      'IMPORT_REFUSED',
    ],
  ])('of %s is refused, and changes nothing', async (_, prepare, status, title) => {
    const answer = await take(prepare());
    expect({ status: answer.status, title: answer.body.title }).toEqual({ status, title });
    expect(world.context.images.list()).toEqual([]);
    expect(names(join(world.images, '.fogd', 'publishing'))).toEqual([]);
  });

  it('that fogd was killed in when the copy was in its place is told how it is finished', async () => {
    const from = folder('base');
    // The folder had its name, and the store did not know yet.
    const place = join(world.images, 'base');
    writeSmallImage(place);
    const { status, body } = await take({ path: from });
    expect([status, body.title, body.remedy]).toEqual([
      409,
      'IMPORT_PLACE_TAKEN',
      expect.stringContaining(`import that folder: fogd image import ${place};`),
    ]);
    expect((await take({ path: place })).status).toBe(201);
  });

  it('that fogd was killed in leaves nothing after the next start', async () => {
    const half = join(world.images, '.fogd', 'publishing', 'import-abc');
    writeSmallImage(join(half, 'base'));
    await world.context.imageStore.prepare();
    expect(existsSync(half)).toBe(false);
  });
});
