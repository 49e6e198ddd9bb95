import { join } from 'node:path';
import { type Check, type Finding, fail, ok } from '../finding.js';
import { userName } from '../user-name.js';

/** Besides the folder itself, which keeps others out, the files that would hurt most. */
const KEPT = ['fogd.sqlite', 'fogd.sqlite-wal', 'lock', 'pki', 'boot', 'nfs'];

/** Everything in the state folder belongs to the user that runs fogd, and is nobody else's business. */
export const permissions: Check = async ({ state, entry, text }) => {
  const folder = await entry(state);
  if (!folder) return [ok(`${state} is made at the first start`)];
  if (folder.kind !== 'folder') return [fail(`${state} is no folder`, 'name the folder itself with --state')];
  const found: Finding[] = [];
  const owner = await userName({ text }, folder.uid);
  if ((folder.mode & 0o077) !== 0)
    found.push(fail(`${state} is open to others (mode ${octal(folder.mode)})`, `chmod 700 ${state}`));
  for (const name of KEPT) {
    const path = join(state, name);
    const inside = await entry(path);
    if (inside && inside.uid !== folder.uid)
      found.push(
        fail(
          `${path} belongs to user ${await userName({ text }, inside.uid)}, the state folder to ${owner}`,
          `chown -R ${owner} ${path}`,
        ),
      );
    if (inside?.kind === 'file' && (inside.mode & 0o077) !== 0)
      found.push(fail(`${path} can be read by others (mode ${octal(inside.mode)})`, `chmod 600 ${path}`));
  }
  return found.length > 0 ? found : [ok(`${state} and what is in it belong to user ${owner}`)];
};

const octal = (mode: number): string => mode.toString(8).padStart(3, '0');
