import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Image, isImageName, isImagePath, OS_NAMES, pathFromName, RESIZABLE_OS } from '#domain/image.js';
import { errnoOf, FogdError } from '#errors.js';
import type { Imported } from '#images/image-store.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { notePublished } from './generations.js';

export interface ImportOrder {
  /** Absolute path of an image's folder; with `all` of a folder of images, such as a FOG server's `/images`. */
  readonly path: string;
  /** Default: the name of its folder. */
  readonly name?: string;
  /** Default: a guess from its file systems. */
  readonly osId?: number;
  readonly all?: boolean;
}

export type ImportResult =
  | { readonly folder: string; readonly image: Image; readonly imported: Omit<Imported, 'inode'> }
  /** One folder of several that could not be taken. */
  | { readonly folder: string; readonly problem: string };

/** Folders of a FOG server's share that are no images. */
const NO_IMAGES: ReadonlySet<string> = new Set([
  'dev',
  'postdownloadscripts',
  'postinitscripts',
  'lost+found',
]);

/**
 * Takes images that a FOG server wrote: in place where they are in the images folder already, else by copy. Throws IMPORT_PATH_BAD,
 * IMPORT_REFUSED, IMAGE_NAME_BAD, IMAGE_FOLDER_BAD, IMAGE_EXISTS, IMAGE_SHAPE_BAD, IMPORT_PLACE_TAKEN, IMAGES_DISK_FULL; of several folders
 * each has a result of its own.
 */
export async function importImages(
  context: Context,
  order: ImportOrder,
  actor: string,
): Promise<ImportResult[]> {
  const folder = await realFolder(order.path);
  if (!order.all) return [await importOne(context, folder, order, actor)];
  const results: ImportResult[] = [];
  const names = (await readdir(folder))
    .filter((name) => !name.startsWith('.') && !NO_IMAGES.has(name))
    .sort();
  for (const name of names) {
    const one = join(folder, name);
    if (!(await stat(one)).isDirectory()) continue;
    try {
      results.push(await importOne(context, await realpath(one), {}, actor));
    } catch (error) {
      // What one folder is must not keep the others out; a fault of the machine would.
      if (!(error instanceof FogdError)) throw error;
      results.push({ folder: one, problem: `${error.message}; ${error.remedy}` });
    }
  }
  return results;
}

async function realFolder(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    if (path.startsWith('/') && (await stat(real)).isDirectory()) return real;
    throw actionErrors.IMPORT_PATH_BAD({
      path,
      reason: path.startsWith('/') ? 'it is no folder' : 'it is not absolute',
    });
  } catch (error) {
    const reason = errnoOf(error);
    if (error instanceof FogdError || reason === undefined) throw error;
    throw actionErrors.IMPORT_PATH_BAD({ path, reason }, error);
  }
}

async function importOne(
  context: Context,
  folder: string,
  { name = basename(folder), osId: wantedOs }: { readonly name?: string; readonly osId?: number },
  actor: string,
): Promise<ImportResult> {
  const { store, images, imageStore, clock } = context;
  const own = basename(folder);
  const path = isImagePath(own) ? own : (pathFromName(own) ?? '');
  if (!isImageName(name)) throw actionErrors.IMAGE_NAME_BAD({ name });
  if (!isImagePath(path)) throw actionErrors.IMAGE_FOLDER_BAD({ path: own });
  const refuseTaken = (): void => {
    const taken = images.byName(name) ?? images.byPath(path);
    if (taken) throw actionErrors.IMAGE_EXISTS({ name: taken.name, path: taken.path });
  };
  refuseTaken();
  if (wantedOs !== undefined && OS_NAMES[wantedOs] === undefined)
    throw actionErrors.IMAGE_SHAPE_BAD({ reason: `there is no operating system number ${wantedOs}` });
  const { inode, ...imported } = await imageStore.import(folder, path);
  const guessed = imported.type === 'n' && !RESIZABLE_OS.includes(imported.osId) ? 50 : imported.osId;
  const { type, format, clientBytes, bytes: serverBytes } = imported;
  const image = await store.commit(() => {
    refuseTaken();
    const at = clock.now();
    const osId = wantedOs ?? guessed;
    const entry = {
      name,
      path,
      type,
      osId,
      format,
      compress: null,
      protected: false,
      createdAt: at,
      createdBy: actor,
    };
    const added = images.add(entry);
    notePublished(context, added, { inode, clientBytes, serverBytes, source: `import of ${folder}`, at });
    return images.byId(added.id) ?? added;
  });
  return { folder, image, imported };
}
