import { link, open } from 'node:fs/promises';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { writeDurably } from '#files/write-durably.js';
import { pkiErrors } from './errors.js';
import { pairText } from './pair.js';

/** Rights that a file with a private key of fogd must not give. */
const GROUP_AND_OTHERS = 0o077;
/** A key that the admin keeps may be readable by a group that fogd is in. */
export const OTHERS = 0o007;

/**
 * The text of a file with a private key. `forbidden`: the rights that it must not give. Throws PKI_KEY_READABLE, or the system's error.
 */
export async function readKeyFile(path: string, forbidden: number): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { mode } = await handle.stat();
    if ((mode & forbidden) !== 0)
      throw pkiErrors.PKI_KEY_READABLE({
        file: path,
        mode: (mode & 0o777).toString(8).padStart(4, '0'),
        right: forbidden === OTHERS ? 'o-rwx' : '600',
      });
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** The text of a file of ours; undefined when there is none. Throws PKI_KEY_READABLE or PKI_FOLDER. */
export async function readOwnFile(folder: string, path: string): Promise<string | undefined> {
  try {
    return await readKeyFile(path, GROUP_AND_OTHERS);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return undefined;
    if (errno?.startsWith('PKI_')) throw error;
    throw pkiErrors.PKI_FOLDER({ folder, reason: errno ?? messageOf(error) }, error);
  }
}

/** Durable when it resolves. Rejects with PKI_FOLDER or DISK_FULL; what was there is unchanged then. */
export async function writePair(
  folder: string,
  path: string,
  pair: { readonly certificate: string; readonly key?: string },
): Promise<void> {
  await writeDurably(path, pairText(pair)).catch((error: unknown) => {
    if (error instanceof FogdError) throw error;
    throw pkiErrors.PKI_FOLDER({ folder, reason: errnoOf(error) ?? messageOf(error) }, error);
  });
}

/**
 * Gives a file of ours, whatever is in it, a second name, under which it stays when another takes the first. Durable with the next write in
 * that folder. Rejects with PKI_FOLDER.
 */
export async function keepBeside(folder: string, path: string, ending: string): Promise<void> {
  await link(path, `${path}${ending}`).catch((error: unknown) => {
    const errno = errnoOf(error);
    // There is none; or the second import within a second, and the first has kept it.
    if (errno === 'ENOENT' || errno === 'EEXIST') return;
    throw pkiErrors.PKI_FOLDER({ folder, reason: errno ?? messageOf(error) }, error);
  });
}
