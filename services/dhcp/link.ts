import type { NetworkInterfaceInfo } from 'node:os';
import { toNumber, toText } from '#settings/ipv4.js';

/** What os.networkInterfaces() gives. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** An interface on which DHCP is answered. */
export interface Link {
  readonly name: string;
  /** Its first IPv4 address: server identifier, next-server, and the host of the script URL. */
  readonly address: number;
  readonly addressText: string;
  /** The network of that address, `10.0.0.0/24`. */
  readonly network: string;
  /** Every IPv4 address on it: each may stand in a server identifier that means us. */
  readonly addresses: readonly number[];
}

/** The facts of one interface; undefined when it is not there, is down or has no IPv4 address. */
export function readLink(interfaces: Interfaces, name: string): Link | undefined {
  const entries = (interfaces[name] ?? []).filter(({ family }) => family === 'IPv4');
  const [first] = entries;
  if (first === undefined) return undefined;
  const addresses = entries.map(({ address }) => toNumber(address));
  const prefix = Number(first.cidr?.split('/')[1] ?? 32);
  const size = 2 ** (32 - prefix);
  const [address = 0] = addresses;
  return {
    name,
    address,
    addressText: first.address,
    network: `${toText(address - (address % size))}/${prefix}`,
    addresses,
  };
}
