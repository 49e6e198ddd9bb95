import type { NetworkInterfaceInfo } from 'node:os';
import { type Check, type Finding, fail, ok } from '../finding.js';

/** Networks that this machine is in; DHCP answers on those that are named, and nowhere else. */
export const interfaces: Check = ({ settings: { dhcp }, interfaces: all, problems }) => {
  if (dhcp.mode !== 'off')
    return [
      ...problems
        .filter(({ path }) => path.startsWith('dhcp.'))
        .map(({ path, what, mend }): Finding => fail(`${path} ${what}`, mend)),
      ...dhcp.interfaces.flatMap((name) => {
        const cidr = all[name]?.find(({ family }) => family === 'IPv4')?.cidr;
        return cidr == null ? [] : [ok(`${name} has ${cidr}`)];
      }),
    ];
  const reachable = Object.entries(all).flatMap(([name, list]) =>
    list.filter(isReachable).map(({ cidr }) => `${name} ${cidr}`),
  );
  if (reachable.length > 0) return [ok(reachable.join(', '))];
  return [
    fail('no machine can reach this one: it has no address', 'connect it to the network of the machines'),
  ];
};

const isReachable = ({ internal, address }: NetworkInterfaceInfo): boolean =>
  !internal && !address.toLowerCase().startsWith('fe80:');
