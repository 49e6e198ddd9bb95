import { mkdir, mkdtemp, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '#files/sync-folder.js';
import { imageErrors } from './errors.js';
import { FolderCopy } from './folder-copy.js';
import { entryAt, irregular, listFolder } from './folder-listing.js';
import type { ImagesLayout } from './layout.js';
import { type Recognised, recognise } from './recognise.js';
import { moveToTrash } from './remove-tree.js';
import type { Owner } from './session-roots.js';
import { settleFiles } from './settle-files.js';

const STAGE = 'import-';

export interface Imported extends Recognised {
  readonly inode: string;
  /** What a person should know. */
  readonly warnings: readonly string[];
}

/**
 * Brings a folder that a FOG server wrote into the place of an image: where it is in the images folder already, it stays there; from
 * elsewhere it is copied beside the images and renamed, so that a half copy is never an image. `room` is the number of bytes that a copy may take;
 * `copies` has the copy while it is made. Throws IMPORT_REFUSED, IMPORT_PLACE_TAKEN, IMAGES_DISK_FULL.
 */
export async function importImage(
  layout: ImagesLayout,
  from: string,
  path: string,
  {
    owner,
    room,
    copies,
  }: {
    readonly owner: Owner | undefined;
    readonly room: () => Promise<number>;
    readonly copies: Set<FolderCopy>;
  },
): Promise<Imported> {
  const refused = (reason: string) => imageErrors.IMPORT_REFUSED({ folder: from, reason });
  const target = layout.image(path);
  const isInPlace = from === target;
  if (dirname(from) === layout.root && !isInPlace)
    throw refused(`it is among the images already: rename it to ${path}`);
  const found = await recognise(from, basename(from));
  if (typeof found === 'string') throw refused(found);
  if (found.type === 'dd' && basename(from) !== path)
    throw refused(`its stream is named after its folder: import it as ${basename(from)}`);
  const entries = (await listFolder(from)) ?? [];
  if (isInPlace) {
    const strange = entries.find((entry) => irregular(entry, 'any links'));
    if (strange) throw refused(`${strange.name} ${irregular(strange, 'any links')}: move it away`);
    return { ...found, ...(await settled(layout, target, owner)) };
  }
  if (await entryAt(target)) throw imageErrors.IMPORT_PLACE_TAKEN({ folder: target });
  if ((await room()) < found.bytes) throw imageErrors.IMAGES_DISK_FULL({ folder: layout.root });
  const wanted = entries.filter((entry) => !entry.name.startsWith('.') && !irregular(entry, 'any links'));
  const copy = new FolderCopy(path, wanted);
  const stage = await mkdtemp(join(layout.publishing, STAGE));
  copies.add(copy);
  try {
    const folder = join(stage, path);
    await mkdir(folder, { mode: 0o755 });
    await copy.into(folder);
    const { warnings } = await settled(layout, folder, owner);
    await rename(folder, target);
    await syncFolder(layout.root);
    return { ...found, warnings, inode: String((await entryAt(target))?.ino ?? '') };
  } finally {
    copies.delete(copy);
    await moveToTrash(stage, layout.trash);
  }
}

async function settled(
  layout: ImagesLayout,
  folder: string,
  owner: Owner | undefined,
): Promise<{ readonly warnings: readonly string[]; readonly inode: string }> {
  const scratch = join(layout.publishing, `${STAGE}${basename(folder)}.mbr`);
  const warnings = await settleFiles(folder, owner, scratch);
  return { warnings, inode: String((await entryAt(folder))?.ino ?? '') };
}

/** Removes what an import left half done; at start. */
export async function removeHalfImports(layout: ImagesLayout): Promise<void> {
  for (const { name, path } of (await listFolder(layout.publishing)) ?? []) {
    if (name.startsWith(STAGE)) await moveToTrash(path, layout.trash);
  }
}
