import type { DiskSpace } from '#files/disk-space.js';
import { type Check, type Finding, fail, ok, warn } from '../finding.js';

const MIB = 1_048_576;
/** The store, its log and a copy of it for a backup. */
const STATE_LEAST_MIB = 64;
const STATE_LOW_MIB = 512;
/** What fogd leaves free of every file that it takes in (files/snapin-store.ts). */
const SNAPINS_LEAST_MIB = 64;
/** Each image has a dozen files, each boot session a few more. */
const INODES_LOW = 10_000;

/** Space and number of files that are left for state, images and snapins. */
export const disk: Check = async ({ state, images, snapins, settings, space }) => {
  const reserve = settings.images.reserve_mib;
  const places = [
    { what: 'state', path: state, least: STATE_LEAST_MIB, low: STATE_LOW_MIB },
    { what: 'images', path: images, least: Math.floor(reserve / 4), low: reserve },
    // Otherwise they are on that of the state.
    ...(settings.snapins.folder === undefined
      ? []
      : [{ what: 'snapins', path: snapins, least: SNAPINS_LEAST_MIB, low: STATE_LOW_MIB }]),
  ];
  const found: Finding[] = [];
  for (const { what, path, least, low } of places) {
    const left = await space(path);
    // A folder that is not there is told by the check that needs it.
    if (left) found.push(judge(`disk of the ${what} (${path})`, left, { least, low }));
  }
  return found;
};

function judge(
  where: string,
  { free, inodes, inodesFree }: DiskSpace,
  { least, low }: { readonly least: number; readonly low: number },
): Finding {
  const mib = Math.floor(free / MIB);
  const told = `${where}: ${mib.toLocaleString('en')} MiB free`;
  if (mib < least) return fail(told, `free space: at least ${low} MiB`);
  if (inodes > 0 && inodesFree < INODES_LOW)
    return (inodesFree === 0 ? fail : warn)(
      `${where}: only ${inodesFree} more files can be made (inodes)`,
      'remove files, or make a file system with more inodes',
    );
  return mib < low ? warn(told, `free space: at least ${low} MiB`) : ok(told);
}
