import { type Check, fail, ok, warn } from '../finding.js';

/** UDP_SEGMENT, by which TFTP sends a window at once (udp(7)); all else that fogd needs is older. */
const NEEDED = [4, 18] as const;

export const kernel: Check = async ({ text }) => {
  const release = (await text('/proc/sys/kernel/osrelease'))?.trim() ?? '';
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  if (major === undefined) return [warn('the version of the kernel is not known', 'fogd needs Linux')];
  const isOld = Number(major) < NEEDED[0] || (Number(major) === NEEDED[0] && Number(minor) < NEEDED[1]);
  if (isOld) return [fail(`Linux ${release} is too old`, `use Linux ${NEEDED.join('.')} or newer`)];
  if ((await text('/proc/net/if_inet6')) === undefined)
    return [ok(`Linux ${release}, without IPv6: machines are served over IPv4 only`)];
  return [ok(`Linux ${release}`)];
};
