import type { Stats } from 'node:fs';
import { chmod, copyFile, link, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors.js';
import { makeFolder } from '#files/make-folder.js';
import { imageErrors } from './errors.js';
import { entryAt, listFolder } from './folder-listing.js';

/** The folders of the admin's scripts that FOS sources (fos-protocol 5.2), each with the script that calls the others. */
export const POST_INIT = 'postinitscripts';
export const POST_DOWNLOAD = 'postdownloadscripts';

const DEFAULTS = [
  {
    folder: POST_INIT,
    script: 'fog.postinit',
    variable: 'postinitpath',
    when: 'at every start, before the job',
  },
  {
    folder: POST_DOWNLOAD,
    script: 'fog.postdownload',
    variable: 'postdownpath',
    when: 'after a deploy, before the host name is changed',
  },
] as const;

/** Makes folder and script if they are missing; what the admin wrote stays. */
export async function makeDefaultScript(
  root: string,
  only: typeof POST_INIT | typeof POST_DOWNLOAD,
): Promise<void> {
  for (const { folder, script, variable, when } of DEFAULTS) {
    if (folder !== only) continue;
    await makeFolder(join(root, folder), 0o755);
    const text = [
      '#!/bin/bash',
      `## Sourced by the imaging environment ${when}.`,
      '## Put scripts of your own beside this one and call them so:',
      `## . \${${variable}}<SCRIPTNAME>`,
      '## "exit" ends the whole run.',
      '',
    ].join('\n');
    try {
      await writeFile(join(root, folder, script), text, { flag: 'wx', mode: 0o755 });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

/**
 * Throws SCRIPTS_UNSAFE where somebody else than root or fogd could change what every machine runs as root: by owner, or by the rights of
 * others on a script or its folder.
 */
export async function checkScripts(root: string, folder: string): Promise<void> {
  const path = join(root, folder);
  const entry = await entryAt(path);
  if (!entry?.isDirectory()) return;
  judge(path, entry);
  for (const { name, path: inside, stats } of (await listFolder(path)) ?? []) {
    if (stats.isDirectory()) await checkScripts(path, name);
    else if (stats.isFile()) judge(inside, stats);
  }
}

function judge(path: string, { uid, gid, mode }: Stats): void {
  const [ownUid, ownGid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const rights = (mode & 0o7777).toString(8).padStart(4, '0');
  if (uid !== 0 && uid !== ownUid)
    throw imageErrors.SCRIPTS_UNSAFE({ path, reason: `it belongs to user ${uid}` });
  if ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0 && gid !== ownGid))
    throw imageErrors.SCRIPTS_UNSAFE({ path, reason: `others may write it (mode ${rights})` });
}

/**
 * Brings the scripts into an NFS root. `link` is for read-only exports: drivers that admins keep there can be gigabytes. Where a client may
 * write, only copies are safe. Links and devices are left out.
 */
export async function bringScripts(from: string, to: string, how: 'link' | 'copy'): Promise<void> {
  const entries = await listFolder(from);
  if (entries === undefined) return;
  await mkdir(to);
  await chmod(to, 0o755);
  for (const { name, path, stats } of entries) {
    const target = join(to, name);
    if (stats.isDirectory()) await bringScripts(path, target, how);
    else if (stats.isFile() && !(how === 'link' && (await tryLink(path, target)))) {
      await copyFile(path, target);
      await chmod(target, 0o755);
    }
  }
}

/** False where the kernel does not let us link (fs.protected_hardlinks: a file of another user that we may not write). */
async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (['EPERM', 'EMLINK', 'EXDEV', 'EACCES'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}
