import { type Finding, fail } from '../finding.js';
import { userName } from '../user-name.js';
import type { World } from '../world.js';

/** What is wrong with a folder that fogd writes into: undefined where it is not there. `setting`: by which people choose it. */
export async function folderFaults(
  { state, entry, text }: Pick<World, 'state' | 'entry' | 'text'>,
  folder: string,
  setting: string,
): Promise<Finding[] | undefined> {
  const found = await entry(folder);
  if (!found) return undefined;
  if (found.kind !== 'folder')
    return [fail(`${folder} is no folder`, `name the folder itself in ${setting}`)];
  const user = (await entry(state))?.uid;
  // Root needs no rights, and writes into folders of everybody.
  const isWritable = user === undefined || user === 0 || found.uid === user || (found.mode & 0o002) !== 0;
  const faults: Finding[] = [];
  if (!isWritable) {
    const [owner, ours] = [await userName({ text }, found.uid), await userName({ text }, user)];
    faults.push(
      fail(`${folder} belongs to user ${owner}, and fogd runs as user ${ours}`, `chown ${ours} ${folder}`),
    );
  }
  if (found.uid === user && (found.mode & 0o700) !== 0o700)
    faults.push(fail(`${folder} may not be written by its owner`, `chmod u+rwx ${folder}`));
  return faults;
}

/** One that is not there, and was named in the settings or not. */
export function missingFolder(folder: string, setting: string): Finding {
  return fail(`${folder} (${setting}) is not there`, 'mount its disk, or create it for the user of fogd');
}
