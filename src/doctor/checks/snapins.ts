import { type Check, fail, ok, warn } from '../finding.js';
import { folderFaults, missingFolder } from './own-folder.js';

const SETTING = 'snapins.folder';

/** The folder of the snapins, and whether each has its file, as the daemon that runs saw it within ten minutes. */
export const snapins: Check = async (world) => {
  const { snapins: folder, settings, running } = world;
  const faults = await folderFaults(world, folder, SETTING);
  if (!faults)
    return settings.snapins.folder === undefined
      ? [ok(`${folder} is made at the first start`)]
      : [missingFolder(folder, SETTING)];
  if (!running)
    return faults.length > 0 ? faults : [ok(`${folder}; the files are looked at while fogd runs`)];
  const all = await running.snapins();
  const damaged = all.filter(({ damage }) => damage !== '');
  const found = [
    ...faults,
    ...damaged.map(({ name, enabled, damage }) =>
      (enabled ? fail : warn)(
        `the snapin ${name}: ${damage}`,
        `put the file back, or give it another: fogd snapin file "${name}" FILE`,
      ),
    ),
  ];
  return found.length > 0
    ? found
    : [ok(`${folder}: ${all.length} snapin${all.length === 1 ? '' : 's'}, none damaged`)];
};
