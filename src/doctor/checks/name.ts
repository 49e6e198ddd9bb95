import { isIP } from 'node:net';
import { type Check, fail, ok } from '../finding.js';

/** The name that stands in every URL must lead here. */
export const name: Check = async ({ settings: { server }, interfaces, addresses }) => {
  const [wanted, setting] =
    server.hostname === undefined ? [server.address, 'server.address'] : [server.hostname, 'server.hostname'];
  if (wanted === undefined)
    return [ok('server.hostname is unset: machines are told the address that they reached')];
  const own = Object.values(interfaces).flatMap((list) => list.map(({ address }) => address));
  const found = isIP(wanted) === 0 ? await addresses(wanted) : [wanted];
  if (found.length === 0)
    return [
      fail(`the name ${wanted} (${setting}) is not known`, 'add it to the DNS server that machines ask'),
    ];
  const foreign = found.filter((address) => !own.includes(address) || address.startsWith('127.'));
  if (foreign.length === 0) return [ok(`${wanted} is this machine`)];
  return [
    fail(
      `${wanted} (${setting}) leads to ${foreign.join(', ')}, which is not an address of this machine that others reach`,
      `mend it, or ${setting}`,
    ),
  ];
};
