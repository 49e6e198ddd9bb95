import { messageOf } from '#errors.js';
import { bootFiles } from './checks/boot-files.js';
import { certificates } from './checks/certificates.js';
import { clock } from './checks/clock.js';
import { disk } from './checks/disk.js';
import { images } from './checks/images.js';
import { interfaces } from './checks/interfaces.js';
import { kernel } from './checks/kernel.js';
import { name } from './checks/name.js';
import { nfs } from './checks/nfs.js';
import { otherDhcp } from './checks/other-dhcp.js';
import { permissions } from './checks/permissions.js';
import { ports } from './checks/ports.js';
import { rights } from './checks/rights.js';
import { services } from './checks/services.js';
import { snapins } from './checks/snapins.js';
import { type Check, type Finding, warn } from './finding.js';
import type { World } from './world.js';

/** In the order in which one would look: the machine, the network, then what fogd needs besides. */
export const CHECKS: Readonly<Record<string, Check>> = {
  services,
  kernel,
  clock,
  interfaces,
  name,
  'other dhcp': otherDhcp,
  ports,
  rights,
  permissions,
  disk,
  images,
  snapins,
  nfs,
  'boot files': bootFiles,
  certificates,
};

export interface Line extends Finding {
  /** Name of the check. */
  readonly check: string;
}

/** Every check, one after the other. One that cannot look says so, and the others go on. */
export async function examine(world: World, checks = CHECKS): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [check, look] of Object.entries(checks)) {
    try {
      lines.push(...(await look(world)).map((finding) => ({ check, ...finding })));
    } catch (error) {
      lines.push({
        check,
        ...warn(`could not be looked at (${messageOf(error)})`, 'run this command as root'),
      });
    }
  }
  return lines;
}
