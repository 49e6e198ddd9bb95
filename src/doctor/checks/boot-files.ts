import { ARCHITECTURES } from '#boot/architecture.js';
import { type Check, type Finding, fail, ok, warn } from '../finding.js';

/** Without these no ordinary PC boots. */
const ORDINARY = new Set(['undionly.kpxe', 'snponly.efi']);

/** A boot loader for each kind of firmware, and the imaging environment. */
export const bootFiles: Check = ({ hasBootFile }) => {
  const found: Finding[] = [];
  const loaders = new Map<string, string[]>();
  for (const { name, bootFile } of ARCHITECTURES)
    if (bootFile !== undefined) loaders.set(bootFile, [...(loaders.get(bootFile) ?? []), name]);
  const present: string[] = [];
  for (const [file, names] of loaders) {
    const told = `${file} is missing: ${names.join(', ')} cannot boot`;
    if (hasBootFile(file)) present.push(file);
    else if (ORDINARY.has(file)) found.push(fail(told, 'apt-get install ipxe'));
    else found.push(warn(told, `where there are such machines: fogd bootfile add FILE --name ${file}`));
  }
  for (const file of ['bzImage', 'init.xz']) {
    if (hasBootFile(file)) present.push(file);
    else found.push(fail(`${file} is missing: nothing can be imaged`, 'imaging-os/build var/imaging-os'));
  }
  return present.length > 0 ? [ok(present.join(', ')), ...found] : found;
};
