import { join } from 'node:path';
import { type Check, fail, ok } from '../finding.js';
import { folderFaults, missingFolder } from './own-folder.js';

const SETTING = 'images.folder';

/** The images folder: there, of fogd's user, one file system. */
export const images: Check = async (world) => {
  const { images: folder, settings, entry } = world;
  const faults = await folderFaults(world, folder, SETTING);
  if (!faults)
    return settings.images.folder === undefined
      ? [ok(`${folder} is made at the first start`)]
      : [missingFolder(folder, SETTING)];
  const hidden = await entry(join(folder, '.fogd', 'sessions'));
  if (hidden && hidden.dev !== (await entry(folder))?.dev)
    faults.push(
      fail(
        `${folder} and ${join(folder, '.fogd')} are on two file systems`,
        'images.folder must be one file system',
      ),
    );
  return faults.length > 0 ? faults : [ok(folder)];
};
