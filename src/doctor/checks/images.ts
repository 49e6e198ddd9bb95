import { join } from 'node:path';
import { type Check, type Finding, fail, ok } from '../finding.js';
import { userName } from '../user-name.js';

/** The images folder: there, of fogd's user, one file system. */
export const images: Check = async ({ images: folder, settings, state, entry, text }) => {
  const found = await entry(folder);
  if (!found) {
    if (settings.images.folder === undefined) return [ok(`${folder} is made at the first start`)];
    return [
      fail(`${folder} (images.folder) is not there`, 'mount its disk, or create it for the user of fogd'),
    ];
  }
  if (found.kind !== 'folder')
    return [fail(`${folder} is no folder`, 'name the folder itself in images.folder')];
  const problems: Finding[] = [];
  const user = (await entry(state))?.uid;
  // Root needs no rights, and writes into folders of everybody.
  const isWritable = user === undefined || user === 0 || found.uid === user || (found.mode & 0o002) !== 0;
  if (!isWritable) {
    const [owner, ours] = [await userName({ text }, found.uid), await userName({ text }, user)];
    problems.push(
      fail(`${folder} belongs to user ${owner}, and fogd runs as user ${ours}`, `chown ${ours} ${folder}`),
    );
  }
  if (found.uid === user && (found.mode & 0o700) !== 0o700)
    problems.push(fail(`${folder} may not be written by its owner`, `chmod u+rwx ${folder}`));
  const hidden = await entry(join(folder, '.fogd', 'sessions'));
  if (hidden && hidden.dev !== found.dev)
    problems.push(
      fail(
        `${folder} and ${join(folder, '.fogd')} are on two file systems`,
        'images.folder must be one file system',
      ),
    );
  return problems.length > 0 ? problems : [ok(folder)];
};
