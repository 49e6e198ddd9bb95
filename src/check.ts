import { networkInterfaces } from 'node:os';
import { interfaceIndex } from '#native/interface-index.js';
import { interfaceObstacles } from '#services/dhcp/startup-checks.js';
import type { Problem } from '#settings/problem.js';
import type { Settings } from '#settings/schema.js';

/** What of valid settings does not go together with this machine as it is now. */
export function problemsHere({ dhcp }: Settings): Problem[] {
  if (dhcp.mode === 'off') return [];
  return interfaceObstacles(dhcp, networkInterfaces(), interfaceIndex).map(({ path, error }) => ({
    path,
    what: `does not fit this machine: ${error.message}`,
    mend: error.remedy,
  }));
}
